import type { Database } from './database.ts';
import { DatabaseSetupError } from './migrate.ts';

/** Tables without a user's data: row-level security is on, but they are keyed by the key itself. */
export const globalTables = ['login_keys', 'installation', 'conversation_directory', 'blob_deletions'];
const roles = ['alcove_app', 'alcove_worker', 'alcove_admin'];

/** Refuses to run when a layer of isolation is missing. @throws DatabaseSetupError naming what is wrong. */
export async function checkIsolation(database: Database): Promise<void> {
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
  if (wrong.length > 0)
    throw new DatabaseSetupError(`The database does not isolate users: ${wrong.join('; ')}.`);
}
