import type pg from 'pg';
import type { RunningApp } from '../../src/app.ts';
import { type QueryWatch, wrapQueries } from '../support/wrap-queries.ts';

/** Which layer of isolation is out of the way; the others have to hold. The type layer ends with the compiler. */
export type MissingLayer = 'none' | 'ownership check' | 'row-level security' | 'explicit filters' | 'keys';

export const missingLayers: readonly MissingLayer[] = [
  'none',
  'ownership check',
  'row-level security',
  'explicit filters',
  'keys',
];

export async function switchOff(layer: MissingLayer, { db }: RunningApp): Promise<void> {
  if (layer === 'ownership check') wrapQueries(db.pool, everybodyOwns);
  if (layer === 'row-level security') await switchOffPolicies(db.pool);
  if (layer === 'keys') await dropForeignKeys(db.pool);
  if (layer === 'explicit filters') wrapQueries(db.pool, withoutFiltersOf(db.roles.admin));
}

/** The scope of every route below a conversation is opened for whoever names one: what lies below has to hold. */
const everybodyOwns: QueryWatch = (text) =>
  text.startsWith('SELECT 1 FROM conversations WHERE user_id = $1 AND id = $2')
    ? { text: 'SELECT 1 WHERE $1::uuid IS NOT NULL AND $2::uuid IS NOT NULL' }
    : undefined;

/** Administrators reach every account, and no content: which account they mean, their filters alone say. */
function withoutFiltersOf(adminRole: string): QueryWatch {
  const administering = new WeakSet<pg.PoolClient>();
  return (text, client) => {
    const role = /\bSET LOCAL ROLE "?(\w+)/.exec(text)?.[1];
    if (role === adminRole) administering.add(client);
    else if (role !== undefined) administering.delete(client);
    return administering.has(client) ? undefined : { text: withoutFilters(text) };
  };
}

async function switchOffPolicies(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relnamespace = current_schema()::regnamespace",
  );
  for (const { name } of rows) {
    await pool.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`);
    await pool.query(`ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`);
  }
}

/** All but those to the account and the conversation, whose cascades are part of what deleting means. */
async function dropForeignKeys(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string; key: string }>(
    `SELECT conrelid::regclass::text AS name, conname AS key FROM pg_constraint
     WHERE contype = 'f' AND connamespace = current_schema()::regnamespace AND confdeltype <> 'c'`,
  );
  for (const { name, key } of rows) await pool.query(`ALTER TABLE ${name} DROP CONSTRAINT ${key}`);
}

/** `user_id = $1`, or a literal, in a condition becomes true for everybody; the parameter keeps its type. */
export function withoutFilters(text: string): string {
  return text
    .replace(/(?:"?\w+"?\.)?"?\buser_id"? = (\$\d+)(?:::uuid)?/g, '($1::uuid IS NOT NULL)')
    .replace(/WHERE user_id = '[^']+'/g, 'WHERE true');
}
