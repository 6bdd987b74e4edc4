import type pg from 'pg';
import type { RunningApp } from '../../src/app.ts';
import { mustBe } from '../support/claims.ts';
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

interface ForeignKey {
  child: string;
  name: string;
  parent: string;
  /** Column by column. */
  from: string[];
  to: string[];
  cascades: boolean;
}

/**
 * All but those to the account and the conversation. What goes with a document or a message goes with it still, by
 * triggers, which refuse no row: deleting is no part of this layer.
 */
async function dropForeignKeys(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<ForeignKey>(
    `SELECT conrelid::regclass::text AS child, conname AS name, confrelid::regclass::text AS parent,
       ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY k (n, at) JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY at) AS from,
       ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY k (n, at) JOIN pg_attribute ON attrelid = confrelid AND attnum = n ORDER BY at) AS to,
       confdeltype = 'c' AS cascades
     FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
       AND confrelid <> ALL (ARRAY['users', 'conversations']::regclass[])`,
  );
  mustBe(rows.length >= 10, () => `only ${rows.length} keys would be dropped`);
  for (const [at, { child, name, parent, from, to, cascades }] of rows.entries()) {
    await pool.query(`ALTER TABLE ${child} DROP CONSTRAINT ${name}`);
    if (!cascades) continue;
    const theirs = from.map((column, index) => `${column} = OLD.${to[index]}`).join(' AND ');
    await pool.query(
      `CREATE FUNCTION go_along_${at}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
         $$ BEGIN DELETE FROM ${child} WHERE ${theirs}; RETURN NULL; END $$`,
    );
    await pool.query(
      `CREATE TRIGGER go_along_${at} AFTER DELETE ON ${parent} FOR EACH ROW EXECUTE FUNCTION go_along_${at}()`,
    );
  }
}

/** `user_id = $1`, or a literal, in a condition becomes true for everybody; the parameter keeps its type. */
export function withoutFilters(text: string): string {
  return text
    .replace(/(?:"?\w+"?\.)?"?\buser_id"? = (\$\d+)(?:::uuid)?/g, '($1::uuid IS NOT NULL)')
    .replace(/WHERE user_id = '[^']+'/g, 'WHERE true');
}
