import type pg from 'pg';
import { hasCitus, onMachines } from './citus.ts';
import { distribution } from './distribution.ts';
import type { RoleNames } from './roles.ts';

/** Whether the tables are spread over machines. */
export async function isDistributed(client: pg.Pool | pg.ClientBase): Promise<boolean> {
  if (!(await hasCitus(client))) return false;
  const { rows } = await client.query(
    `SELECT 1 FROM pg_dist_partition WHERE logicalrelid = to_regclass('users')`,
  );
  return rows.length > 0;
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
  const answers = await client.query<{ node: string; success: boolean; result: string | null }>(onMachines, [
    users,
  ]);
  const bad = await tablesWithOtherParts(client);
  if (bad.length > 0)
    wrong.push(`parts of ${bad.join(', ')} have other policies or grants (run "alcove db distribute")`);
  for (const { node, success, result } of answers.rows) {
    // One that is away has nothing to show, and serves nobody: those of the others are served.
    if (!success) continue;
    const found = JSON.parse(result || '[]') as string[];
    const missing = Object.values(roles).filter((role) => !found.includes(role as string));
    if (missing.length > 0)
      wrong.push(`${missing.join(', ')} cannot log in on ${node}, or can do too much there`);
  }
  return wrong;
}

/** Machines that are away have nothing to show, and serve nobody: those of the others are looked at. */
export async function tablesWithOtherParts(client: pg.Pool | pg.ClientBase): Promise<string[]> {
  const wanted = await client.query<Facts>(
    factsOf('c.oid IN (SELECT logicalrelid FROM pg_dist_partition)', 'c.relname'),
  );
  const expected = new Map(wanted.rows.map(({ name, facts }) => [name, facts]));
  const parts = `SELECT json_agg(f) FROM (${factsOf(
    `c.relname ~ '^(${[...expected.keys()].join('|')})_[0-9]+$'`,
    `regexp_replace(c.relname, '_[0-9]+$', '')`,
  )}) f`;
  const { rows } = await client.query<{ result: string | null }>(
    `SELECT result FROM (${onMachines}) told WHERE success`,
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
    `(SELECT string_agg(one, ',' ORDER BY one) FROM (SELECT g.grantee::regrole::text || ' ' || g.privilege_type AS one
      FROM aclexplode(${list}) AS g WHERE g.grantee <> c.relowner) grants)`;
  return `SELECT DISTINCT ${name} AS name, concat_ws('; ', c.relrowsecurity, c.relforcerowsecurity,
      (SELECT string_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive,
          (SELECT string_agg(role::regrole::text, ',' ORDER BY role::regrole::text) FROM unnest(p.polroles) role),
          pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)), ' / ' ORDER BY p.polname)
        FROM pg_policy p WHERE p.polrelid = c.oid),
      ${acl('c.relacl')},
      (SELECT string_agg(a.attname || ' ' || ${acl('a.attacl')}, ' / ' ORDER BY a.attname)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attacl IS NOT NULL)) AS facts
    FROM pg_class c WHERE c.relkind = 'r' AND ${condition}`;
}
