import type pg from 'pg';
import { hasCitus } from './citus.ts';
import { distribution } from './distribution.ts';
import type { RoleNames } from './roles.ts';

/** A statement for each part of a table; Citus puts the part's name in the place of `%s`. */
interface Grant {
  table: string;
  command: string;
}

/** Whether the tables are spread over machines. */
export async function isDistributed(client: pg.Pool | pg.ClientBase): Promise<boolean> {
  if (!(await hasCitus(client))) return false;
  const { rows } = await client.query(
    `SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass('users')`,
  );
  return rows.length > 0;
}

/** Which part of which table is where, as one value that changes with it. */
async function readPlacements(client: pg.Pool | pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ hash: string | null }>(
    `SELECT md5(string_agg(placementid::text || ':' || groupid, ',' ORDER BY placementid)) AS hash FROM pg_dist_placement`,
  );
  return rows[0]?.hash ?? '';
}

/** Citus takes grants on tables along, grants on columns it does not: neither at first nor with a part that moves. */
async function grantColumns(client: pg.Pool | pg.ClientBase): Promise<void> {
  const { rows } = await client.query<Grant>(`
    SELECT relname AS table, format('GRANT %s ON TABLE %%s TO %I', string_agg(
        format('%s (%s)', privilege, columns), ', ' ORDER BY privilege), grantee) AS command
    FROM (SELECT c.relname, g.privilege_type AS privilege, g.grantee::regrole::text AS grantee,
        string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
      FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) AS g
      WHERE g.grantee <> 0 AND g.grantee <> c.relowner GROUP BY 1, 2, 3) granted
    GROUP BY relname, grantee`);
  for (const { table, command } of rows) await onParts(client, table, command);
}

/** Gives the parts of tables the policies and grants on columns that the tables have. */
export async function mendParts(client: pg.Pool | pg.ClientBase): Promise<void> {
  const { rows } = await client.query<Grant & { name: string }>(`
    SELECT tablename AS table, policyname AS name, format('CREATE POLICY %I ON %%s AS %s FOR %s TO %s', policyname, permissive, cmd,
        (SELECT string_agg(quote_ident(role), ', ') FROM unnest(roles) AS role))
      || coalesce(' USING (' || replace(qual, '%', '%%') || ')', '')
      || coalesce(' WITH CHECK (' || replace(with_check, '%', '%%') || ')', '') AS command
    FROM pg_policies WHERE schemaname = current_schema()
      AND to_regclass(quote_ident(tablename)) IN (SELECT logicalrelid FROM pg_dist_partition)`);
  const bad = new Set(await tablesWithOtherParts(client));
  for (const { table, name, command } of rows.filter((row) => bad.has(row.table))) {
    await onParts(client, table, `DROP POLICY IF EXISTS "${name}" ON %s`);
    await onParts(client, table, command);
  }
  await grantColumns(client);
}

async function onParts(client: pg.Pool | pg.ClientBase, table: string, command: string): Promise<void> {
  const { rows } = await client.query<{ result: string }>(
    'SELECT result FROM run_command_on_placements($1, $2) WHERE NOT success',
    [table, command],
  );
  if (rows[0] !== undefined) throw new Error(`a part of ${table} was not changed: ${rows[0].result}`);
}

/** For calling again and again: gives grants on columns to parts that have moved since the last call. */
export function keepGrants({ pool }: { pool: pg.Pool }): () => Promise<void> {
  let known = '';
  return async () => {
    if (!(await isDistributed(pool))) return;
    const found = await readPlacements(pool);
    if (found === known) return;
    await grantColumns(pool);
    known = found;
  };
}

/** How the parts of the tables differ from the tables themselves, and what is not spread: one sentence each. */
export async function brokenSpread(client: pg.Pool | pg.ClientBase, roles: RoleNames): Promise<string[]> {
  if (!(await isDistributed(client))) return [];
  const known = await client.query<{ name: string }>(
    'SELECT c.relname AS name FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid',
  );
  const there = new Set(known.rows.map(({ name }) => name));
  const left = Object.entries(distribution).flatMap(([name, column]) =>
    column === null || there.has(name) ? [] : [name],
  );
  const wrong =
    left.length === 0 ? [] : [`${left.join(', ')} must be distributed (run "alcove db distribute")`];
  const users = `SELECT json_agg(rolname) FROM pg_roles WHERE rolname IN (${Object.values(roles)
    .map((role) => `'${role}'`)
    .join(', ')}) AND rolcanlogin AND NOT rolsuper AND NOT rolbypassrls`;
  const answers = await client.query<{ node: string; success: boolean; result: string | null }>(
    `SELECT n.nodename || ':' || n.nodeport AS node, r.success, r.result FROM run_command_on_all_nodes($1) r
     JOIN pg_dist_node n USING (nodeid)`,
    [users],
  );
  const bad = await tablesWithOtherParts(client);
  if (bad.length > 0)
    wrong.push(`parts of ${bad.join(', ')} have other policies or grants (run "alcove db distribute")`);
  for (const { node, success, result } of answers.rows) {
    // One that is away has nothing to show, and serves nobody: those of the others are served.
    if (!success) continue;
    const found = JSON.parse(result ?? '[]') as string[];
    const missing = Object.values(roles).filter((role) => !found.includes(role as string));
    if (missing.length > 0)
      wrong.push(`${missing.join(', ')} cannot log in on ${node}, or can do too much there`);
  }
  return wrong;
}

/** Machines that are away have nothing to show, and serve nobody: those of the others are looked at. */
async function tablesWithOtherParts(client: pg.Pool | pg.ClientBase): Promise<string[]> {
  const wanted = await client.query<Facts>(
    factsOf('c.oid IN (SELECT logicalrelid FROM pg_dist_partition)', 'c.relname'),
  );
  const expected = new Map(wanted.rows.map(({ name, facts }) => [name, facts]));
  const parts = `SELECT json_agg(f) FROM (${factsOf(
    `c.relname ~ '^(${[...expected.keys()].join('|')})_[0-9]+$'`,
    `regexp_replace(c.relname, '_[0-9]+$', '')`,
  )}) f`;
  const { rows } = await client.query<{ result: string | null }>(
    'SELECT result FROM run_command_on_all_nodes($1) WHERE success',
    [parts],
  );
  const found = rows.flatMap(({ result }) => JSON.parse(result || '[]') as Facts[]);
  return [
    ...new Set(found.filter(({ name, facts }) => expected.get(name) !== facts).map(({ name }) => name)),
  ];
}

interface Facts {
  name: string;
  facts: string;
}

/** Row-level security, policies and grants of tables as one text. */
function factsOf(condition: string, name: string): string {
  const acl = (list: string) =>
    `(SELECT string_agg(g.grantee::regrole::text || ' ' || g.privilege_type, ',' ORDER BY 1)
      FROM aclexplode(${list}) AS g WHERE g.grantee <> 0 AND g.grantee <> c.relowner)`;
  return `SELECT DISTINCT ${name} AS name, concat_ws('; ', c.relrowsecurity, c.relforcerowsecurity,
      (SELECT string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive,
          (SELECT string_agg(role::regrole::text, ',' ORDER BY 1) FROM unnest(p.polroles) role),
          pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), ' / ' ORDER BY p.polname)
        FROM pg_policy p WHERE p.polrelid = c.oid),
      ${acl('c.relacl')},
      (SELECT string_agg(a.attname || ' ' || ${acl('a.attacl')}, ' / ' ORDER BY a.attname)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attacl IS NOT NULL)) AS facts
    FROM pg_class c WHERE c.relkind = 'r' AND ${condition}`;
}
