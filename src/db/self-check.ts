import type { Database } from './database.ts';
import { compareIsolation } from './isolation.ts';
import { DatabaseSetupError } from './setup-error.ts';
import { brokenSpread } from './spread.ts';

/** Tables without a user's data: row-level security is on, but they are keyed by the key itself. */
export const globalTables = [
  'login_keys',
  'installation',
  'conversation_directory',
  'blob_deletions',
  'replicas',
  'shared_counts',
];
/** Of running processes only: no backup holds them. */
export const transientTables = ['replicas', 'shared_counts'];

/** Refuses to run when a layer of isolation is missing. @throws DatabaseSetupError naming what is wrong. */
export async function checkIsolation(database: Database): Promise<void> {
  const roles = Object.values(database.roles) as string[];
  const tables = await database.pool.query<{
    name: string;
    enabled: boolean;
    forced: boolean;
    owner: string;
  }>(
    `SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced, r.rolname AS owner
     FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace`,
  );
  const wrong: string[] = [];
  for (const table of tables.rows) {
    if (!table.enabled) wrong.push(`table ${table.name} has no row-level security`);
    else if (!table.forced && !globalTables.includes(table.name))
      wrong.push(`row-level security of ${table.name} is not forced`);
    if (roles.includes(table.owner))
      wrong.push(`table ${table.name} belongs to ${table.owner}, which must own nothing`);
  }
  const found = await database.pool.query<{ name: string; super: boolean; bypass: boolean }>(
    'SELECT rolname AS name, rolsuper AS super, rolbypassrls AS bypass FROM pg_roles WHERE rolname = ANY($1)',
    [roles],
  );
  for (const role of roles) {
    const row = found.rows.find((candidate) => candidate.name === role);
    if (row === undefined) wrong.push(`role ${role} is missing`);
    else if (row.super || row.bypass) wrong.push(`role ${role} can bypass row-level security`);
  }
  wrong.push(...(await brokenSpread(database.pool, database.roles)));
  const { missing, extra } = await compareIsolation(database.pool, database.roles);
  if (missing.length + extra.length > 0) wrong.push(describe(missing, extra));
  if (wrong.length > 0) throw new DatabaseSetupError(refusal(wrong.join('; ')));
}

function refusal(what: string): string {
  return `The database does not isolate users: ${what}. To mend it, run "npm run alcove -- db repair".`;
}

/** The first of a kind names the rest: a dump without its roles lacks all of them. */
function describe(missing: readonly string[], extra: readonly { make: string }[]): string {
  const [first = extra[0]?.make ?? ''] = missing;
  const counts = [
    ...(missing.length > 0 ? [`${missing.length} policies, grants or functions are missing`] : []),
    ...(extra.length > 0 ? [`${extra.length} are there that should not be`] : []),
  ];
  return `${counts.join(' and ')}, such as ${first.split('\n')[0]?.slice(0, 120)}`;
}
