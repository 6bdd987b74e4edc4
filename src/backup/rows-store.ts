import type pg from 'pg';
import { throughAll } from '../db/citus.ts';
import { nobody } from '../db/ids.ts';
import type { RoleNames } from '../db/roles.ts';
import { globalTables, transientTables } from '../db/self-check.ts';
import { isDistributed } from '../db/spread.ts';

/** Rows fetched at once; of these tables one row may be megabytes. */
const rowsAtOnce = 200;
const heavyRowsAtOnce = 2;
const usersAtOnce = 1_000;
const heavy = new Set(['document_texts', 'segments']);
/** The order in which rows refer to each other inside a table. */
const orderInside: Record<string, string> = { messages: 'conversation_id, seq' };
/** Arrays that do not begin at 1, which JSON cannot say: as PostgreSQL writes them. */
const writtenAsText: Record<string, readonly string[]> = {
  activity: ['quarter_messages', 'quarter_questions'],
};
const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface Row {
  table: string;
  /** As PostgreSQL writes it, so that no number or time passes through JavaScript. */
  json: string;
}

/**
 * Every row of one moment, parents first: the global tables, then user by user, as row-level security shows them. Where
 * several machines hold them, each user's rows are of one moment.
 */
export async function* readRows(client: pg.ClientBase, roles: RoleNames): AsyncGenerator<Row> {
  const isSpread = await isDistributed(client);
  async function become(role: string, userId = nobody): Promise<void> {
    // Citus is connected as the role of a transaction, which cannot take another one there.
    if (isSpread) {
      await client.query('COMMIT');
      await begin(client);
    }
    await client.query(`SET LOCAL ROLE ${role}; SET LOCAL app.user_id = '${userId}'`);
  }
  try {
    await begin(client);
    const tables = await tablesInOrder(client);
    const kept = globalTables.filter((name) => !transientTables.includes(name));
    for (const { name } of tables.filter((table) => kept.includes(table.name)))
      yield* rowsOf(client, name, `SELECT ${jsonOf(name)} AS json FROM ${name} t`);
    for await (const id of everyUser(client, () => become(roles.admin))) {
      await become(roles.app, id);
      for (const { name, key } of tables) {
        if (key === null || globalTables.includes(name)) continue;
        const order = orderInside[name];
        yield* rowsOf(
          client,
          name,
          `SELECT ${jsonOf(name)} AS json FROM ${name} t WHERE ${key} = '${id}'${order === undefined ? '' : ` ORDER BY ${order}`}`,
        );
      }
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function begin(client: pg.ClientBase): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(
    `${throughAll}; SET LOCAL statement_timeout = 0; SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL app.shows_deleted = 'on'`,
  );
}

function jsonOf(table: string): string {
  const columns = writtenAsText[table];
  if (columns === undefined) return 'row_to_json(t)::text';
  const texts = columns.map((column) => `'${column}', t.${column}::text`).join(', ');
  return `(row_to_json(t)::jsonb || jsonb_build_object(${texts}))::text`;
}

async function* rowsOf(client: pg.ClientBase, table: string, query: string): AsyncGenerator<Row> {
  const atOnce = heavy.has(table) ? heavyRowsAtOnce : rowsAtOnce;
  await client.query(`DECLARE backup NO SCROLL CURSOR FOR ${query}`);
  for (;;) {
    const { rows } = await client.query<{ json: string }>(`FETCH ${atOnce} FROM backup`);
    for (const { json } of rows) yield { table, json };
    if (rows.length < atOnce) break;
  }
  await client.query('CLOSE backup');
}

/** Users, and those of whom only the audit log is left, by their ids. */
async function* everyUser(client: pg.ClientBase, becomeAdmin: () => Promise<void>): AsyncGenerator<string> {
  // What the operator has done is in the audit log under this id.
  yield nobody;
  for (let after = nobody; ;) {
    await becomeAdmin();
    const { rows } = await client.query<{ id: string }>(
      `(SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT $2) UNION
       (SELECT DISTINCT user_id FROM audit_log WHERE user_id > $1 ORDER BY user_id LIMIT $2) ORDER BY id LIMIT $2`,
      [after, usersAtOnce],
    );
    for (const { id } of rows) if (uuidForm.test(id)) yield id;
    const last = rows.at(-1);
    if (last === undefined || rows.length < usersAtOnce) return;
    after = last.id;
  }
}

/** Tables with the column that names the user, those first that others refer to. */
async function tablesInOrder(client: pg.ClientBase): Promise<{ name: string; key: string | null }[]> {
  const { rows } = await client.query<{ name: string; key: string | null; parents: string[] }>(
    `SELECT c.relname AS name,
       CASE WHEN c.relname = 'users' THEN 'id' ELSE (SELECT attname FROM pg_attribute
         WHERE attrelid = c.oid AND attname = 'user_id' AND NOT attisdropped) END AS key,
       coalesce((SELECT json_agg(DISTINCT p.relname) FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid
         WHERE f.conrelid = c.oid AND f.contype = 'f' AND p.oid <> c.oid), '[]') AS parents
     FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname`,
  );
  const ordered: { name: string; key: string | null }[] = [];
  const done = new Set<string>();
  while (ordered.length < rows.length) {
    const next = rows.filter(({ name, parents }) => !done.has(name) && parents.every((one) => done.has(one)));
    if (next.length === 0) throw new Error('tables refer to each other in a circle');
    for (const { name, key } of next) {
      ordered.push({ name, key });
      done.add(name);
    }
  }
  return ordered;
}

/** Writes rows of one table as they came. The transaction must be that of `openLoad`. */
export async function insertRows(
  client: pg.ClientBase,
  table: string,
  rows: readonly string[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(JSON.parse(first) as object).map((name) => `"${name.replaceAll('"', '""')}"`);
  const name = `"${table.replaceAll('"', '""')}"`;
  const { rowCount } = await client.query(
    `INSERT INTO ${name} (${columns.join(', ')}) SELECT ${columns.join(', ')} FROM json_populate_recordset(null::${name}, $1::json)`,
    [`[${rows.join(',')}]`],
  );
  // PGlite can swallow a statement: every write shows that it happened.
  if (rowCount !== rows.length) throw new Error(`rows of ${table} were not written`);
}

/** Begins a transaction in which the owner may write every table. `replace` empties them. @returns false when there are rows */
export async function openLoad(client: pg.ClientBase, replace: boolean): Promise<boolean> {
  await client.query('BEGIN');
  await client.query(`SET LOCAL statement_timeout = 0; ${throughAll}`);
  const tables = (await tablesInOrder(client)).map(({ name }) => `"${name}"`);
  for (const table of tables) await client.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
  if (replace) await client.query(`TRUNCATE ${tables.join(', ')}`);
  const { rows } = await client.query('SELECT 1 FROM users LIMIT 1');
  if (rows.length > 0) return false;
  // Facts of the empty installation: those of the backup take their place.
  await client.query('DELETE FROM installation');
  return true;
}

/** Binds the owner by row-level security again; the transaction is left to be committed. */
export async function closeLoad(client: pg.ClientBase): Promise<void> {
  for (const { name } of await tablesInOrder(client)) {
    if (!globalTables.includes(name)) await client.query(`ALTER TABLE "${name}" FORCE ROW LEVEL SECURITY`);
  }
}
