import type pg from 'pg';
import { distribution } from '../../src/db/distribution.ts';
import { globalTables } from '../../src/db/self-check.ts';

/** The roles that scoped transactions take. */
export const appRoles = ['alcove_app', 'alcove_worker', 'alcove_admin'];

type Client = pg.Pool | pg.PoolClient;

interface Table {
  name: string;
  columns: string[];
  enabled: boolean;
  forced: boolean;
  owner: string;
  /** Primary key and unique keys and indexes. */
  unique: { name: string; isPrimary: boolean; columns: string[] }[];
  foreign: {
    name: string;
    columns: string[];
    target: string;
    targetColumns: string[];
    onDelete: string;
    onUpdate: string;
  }[];
  policies: { name: string; roles: string[]; using: string | null; check: string | null }[];
  triggers: string[];
  vectors: { column: string; storage: string; dimension: number }[];
}

/** Every way in which the live schema breaks a rule of the data model, as one sentence each. */
export async function brokenRules(client: Client): Promise<string[]> {
  const tables = await readTables(client);
  return [
    ...tables.flatMap((table) => [
      ...brokenKeys(table),
      ...brokenDistribution(table),
      ...brokenForeignKeys(table, tables),
      ...brokenSecurity(table),
      ...table.triggers.map((name) => `${table.name}: has the trigger ${name}`),
      ...brokenVectors(table),
    ]),
    ...(await brokenRoles(client)),
    ...(await brokenGrants(client)),
    ...(await brokenFunctions(client)),
  ];
}

function isGlobal({ name }: Table): boolean {
  return globalTables.includes(name);
}

/** The key of a global table is the key itself; all others begin with their user. */
function brokenKeys(table: Table): string[] {
  const { name, columns, unique } = table;
  const primary = unique.find(({ isPrimary }) => isPrimary);
  if (primary === undefined) return [`${name}: has no primary key`];
  if (isGlobal(table))
    return primary.columns.filter((column) => column !== 'user_id').length === 1
      ? []
      : [`${name}: a global table is keyed by the key itself`];
  if (name === 'users') return primary.columns.join() === 'id' ? [] : ['users: is keyed by its id'];
  if (!columns.includes('user_id')) return [`${name}: has no user_id`];
  return unique.flatMap(({ name: key, columns: keyed }) =>
    keyed.includes('user_id') ? [] : [`${name}: the key ${key} does not have user_id in it`],
  );
}

/** What a database of several machines asks for (docs/scaling.md). */
function brokenDistribution(table: Table): string[] {
  const { name, unique, foreign } = table;
  if (!Object.hasOwn(columns, name)) return [`${name}: is not in src/db/distribution.ts`];
  const by = columns[name];
  return [
    // Of the others it is a rule anyway.
    ...(isGlobal(table) || name === 'users' ? unique : [])
      .filter((key) => typeof by === 'string' && !key.columns.includes(by))
      .map((key) => `${name}: the key ${key.name} does not have ${by}, by which the table is distributed`),
    ...foreign.flatMap(({ name: key, columns: from, target, targetColumns, onUpdate }) => [
      ...(onUpdate === 'a' ? [] : [`${name}: ${key} acts when its target is updated`]),
      ...(by !== null && targetColumns[from.indexOf(by ?? '')] === columns[target]
        ? []
        : [`${name}: ${key} does not tie the columns by which both tables are distributed`]),
    ]),
  ];
}

const columns: Record<string, string | null> = distribution;

function brokenForeignKeys(table: Table, tables: Table[]): string[] {
  const { name, columns, foreign } = table;
  const broken = foreign.flatMap(({ name: key, onDelete }) =>
    ['n', 'd'].includes(onDelete)
      ? [`${name}: ${key} sets columns to null or default when its target goes`]
      : [],
  );
  if (isGlobal(table) || name === 'users' || !columns.includes('user_id')) return broken;
  for (const { name: key, columns: from, target, targetColumns } of foreign) {
    const to = targetColumns[from.indexOf('user_id')];
    if (to !== (target === 'users' ? 'id' : 'user_id'))
      broken.push(`${name}: ${key} does not tie user_id to the user of ${target}`);
    if (tables.find((other) => other.name === target)?.columns.includes('conversation_id') !== true) continue;
    const conversation = targetColumns[from.indexOf('conversation_id')];
    if (conversation !== 'conversation_id')
      broken.push(`${name}: ${key} does not tie conversation_id to the conversation of ${target}`);
  }
  // The audit log outlives its users.
  if (foreign.length === 0 && name !== 'audit_log')
    broken.push(`${name}: no foreign key ties it to its user`);
  const tied = foreign.some(({ columns: from }) => from.includes('conversation_id'));
  if (columns.includes('conversation_id') && !tied)
    broken.push(`${name}: no foreign key ties its conversation_id to its user`);
  return broken;
}

function brokenSecurity(table: Table): string[] {
  const { name, enabled, forced, owner, policies } = table;
  const broken: string[] = [];
  if (!enabled) broken.push(`${name}: row-level security is off`);
  // The functions that look into the global tables run as their owner.
  if (!forced && !isGlobal(table)) broken.push(`${name}: row-level security is not forced`);
  if (appRoles.includes(owner)) broken.push(`${name}: belongs to ${owner}`);
  if (policies.length === 0) broken.push(`${name}: has no policy`);
  for (const { name: policy, roles, using, check } of policies) {
    const text = `${using ?? ''} ${check ?? ''}`;
    if (/\bselect\b/i.test(text)) broken.push(`${name}: the policy ${policy} has a sub-select`);
    if (roles.includes('public')) broken.push(`${name}: the policy ${policy} is for everybody`);
    if (!roles.includes('alcove_app') || name === 'installation') continue;
    const asks = policy === 'asked' && /current_setting\('app\.asked_\w+'::text, true\)/.test(text);
    if (!asks && !/current_setting\('app\.user_id'::text, true\)/.test(text))
      broken.push(`${name}: the policy ${policy} does not compare the user`);
  }
  return broken;
}

function brokenVectors({ name, vectors }: Table): string[] {
  return vectors.flatMap(({ column, storage, dimension }) => [
    ...(storage === 'p' ? [] : [`${name}: ${column} is not STORAGE PLAIN`]),
    ...(dimension === -1 ? [] : [`${name}: ${column} has a fixed dimension`]),
  ]);
}

async function brokenRoles(client: Client): Promise<string[]> {
  const { rows } = await client.query<{
    name: string;
    bad: boolean;
    login: boolean;
    owns: string;
    member: string;
  }>(
    `SELECT r.rolname AS name, r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication AS bad, r.rolcanlogin AS login,
       (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid) + (SELECT count(*) FROM pg_proc p WHERE p.proowner = r.oid)
         + (SELECT count(*) FROM pg_namespace n WHERE n.nspowner = r.oid) AS owns,
       (SELECT count(*) FROM pg_auth_members m WHERE m.member = r.oid) AS member
     FROM pg_roles r WHERE r.rolname = ANY($1) ORDER BY 1`,
    [appRoles],
  );
  const missing = appRoles.filter((role) => !rows.some(({ name }) => name === role));
  return [
    ...missing.map((role) => `${role}: is missing`),
    ...rows.flatMap(({ name, bad, login, owns, member }) => [
      ...(bad ? [`${name}: can do more than its grants say`] : []),
      ...(login ? [`${name}: can log in`] : []),
      ...(Number(owns) > 0 ? [`${name}: owns something`] : []),
      ...(Number(member) > 0 ? [`${name}: is a member of another role`] : []),
    ]),
  ];
}

/** What each role may never be granted. */
async function brokenGrants(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ role: string; tab: string; privilege: string }>(
    `SELECT g.grantee AS role, g.table_name AS tab, g.privilege_type AS privilege FROM information_schema.role_table_grants g
     WHERE g.table_schema = current_schema() AND g.grantor <> g.grantee AND (g.grantee = ANY($1) OR g.grantee = 'PUBLIC')`,
    [appRoles],
  );
  return rows.flatMap(({ role, tab, privilege }) => {
    const what = `${tab}: ${role} is granted ${privilege}`;
    if (role === 'PUBLIC' || ['TRUNCATE', 'TRIGGER', 'REFERENCES'].includes(privilege)) return [what];
    // Its retention is the worker's, whose policy shows it no row of the last day.
    const retains = role === 'alcove_worker' && privilege === 'DELETE';
    if (
      tab === 'audit_log' &&
      privilege !== 'INSERT' &&
      !retains &&
      !(role === 'alcove_app' && privilege === 'SELECT')
    )
      return [what];
    return [];
  });
}

/** Functions that run with their owner's rights say what they look up and are for one role only. */
async function brokenFunctions(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; settings: string[] | null; open: boolean }>(
    `SELECT p.proname AS name, p.proconfig AS settings, has_function_privilege('public', p.oid, 'EXECUTE') AS open
     FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = current_schema()::regnamespace`,
  );
  return rows.flatMap(({ name, settings, open }) => [
    ...(open ? [`${name}: anybody may call it`] : []),
    ...(settings?.some((setting) => setting.startsWith('search_path=')) === true
      ? []
      : [`${name}: has no search_path of its own`]),
    // Looked through first otherwise: a caller's temporary table would stand in the place of a real one.
    ...(settings?.some((setting) => /^search_path=.*pg_temp"?$/.test(setting)) === true
      ? []
      : [`${name}: does not look through temporary tables last`]),
  ]);
}

async function readTables(client: Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(`
    WITH names AS (
      SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
      WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace)
    SELECT relname AS name, relrowsecurity AS enabled, relforcerowsecurity AS forced, rolname AS owner,
      (SELECT jsonb_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = names.oid AND attnum > 0 AND NOT attisdropped) AS columns,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('name', i.indexrelid::regclass::text, 'isPrimary', i.indisprimary, 'columns',
         (SELECT jsonb_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)))), '[]')
       FROM pg_index i WHERE i.indrelid = names.oid AND i.indisunique) AS "unique",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('name', k.conname, 'target', k.confrelid::regclass::text, 'onDelete', k.confdeltype,
         'onUpdate', k.confupdtype, 'columns', ${namesOf('k.conrelid', 'k.conkey')}, 'targetColumns', ${namesOf('k.confrelid', 'k.confkey')})), '[]')
       FROM pg_constraint k WHERE k.conrelid = names.oid AND k.contype = 'f') AS foreign,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('name', p.polname, 'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
         'roles', (SELECT jsonb_agg(coalesce(r.rolname, 'public')) FROM unnest(p.polroles) role LEFT JOIN pg_roles r ON r.oid = role))), '[]')
       FROM pg_policy p WHERE p.polrelid = names.oid) AS policies,
      (SELECT coalesce(jsonb_agg(t.tgname), '[]') FROM pg_trigger t WHERE t.tgrelid = names.oid AND NOT t.tgisinternal) AS triggers,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('column', a.attname, 'storage', a.attstorage, 'dimension', a.atttypmod)), '[]')
       FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
       WHERE a.attrelid = names.oid AND a.attnum > 0 AND NOT a.attisdropped AND t.typname IN ('halfvec', 'vector', 'sparsevec')) AS vectors
    FROM names ORDER BY relname`);
  return rows;
}

function namesOf(table: string, numbers: string): string {
  return `(SELECT jsonb_agg(a.attname ORDER BY o.at) FROM unnest(${numbers}) WITH ORDINALITY o (number, at)
    JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = o.number)`;
}
