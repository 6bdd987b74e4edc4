import type pg from 'pg';
import type { Database } from './database.ts';
import { oneByOne } from './distribute.ts';
import { plainSchema, printStatements, readStatements } from './made-by-migrations.ts';
import { openOwnConnection } from './own-connection.ts';
import { isDistributed } from './spread.ts';

/** Written by `npm run isolation` from a database that only the migrations have made. */
const expectedFile = new URL('./constraints.sql', import.meta.url);
const lockTimeout = '60s';

/** A primary key, a unique key or a foreign key, by names as SQL writes them. */
export interface Constraint {
  table: string;
  name: string;
  /** As `pg_get_constraintdef` has it: `UNIQUE (user_id, token_hash)`. */
  definition: string;
}

export interface ConstraintDifference extends Constraint {
  /** What is there under its name; null when nothing is. */
  found: string | null;
}

/** Behind the definition of a key that rows from before it may break. */
export const notValidated = ' NOT VALID';

/** Keys that are not as the migrations make them, those first that others need. */
export async function compareConstraints(client: pg.Pool | pg.ClientBase): Promise<ConstraintDifference[]> {
  const expected = (await readStatements(expectedFile)) ?? [];
  const found = new Map((await readConstraints(client)).map((one) => [keyOf(one), one.definition]));
  return expected.map(parse).flatMap((one) => {
    const there = found.get(keyOf(one)) ?? null;
    return there === one.definition ? [] : [{ ...one, found: there }];
  });
}

/**
 * Makes them anew, each by itself; rows stay as they are.
 * @throws an error that names those that rows break or that others hang on
 */
export async function repairConstraints(database: Database): Promise<void> {
  const { client, close } = await openOwnConnection(database);
  try {
    const distributed = await isDistributed(client);
    const left: string[] = [];
    for (const difference of await compareConstraints(client)) {
      const reason = await makeAnew(client, difference, distributed);
      if (reason !== null) left.push(`${difference.name} of ${difference.table}: ${reason}`);
    }
    if (left.length > 0) throw new Error(left.join('; '));
  } finally {
    await close();
  }
}

/** The list as a file, for a database that only the migrations have made. */
export async function printConstraints(database: Database): Promise<string> {
  const constraints = await readConstraints(database.pool);
  return printStatements('Keys', constraints.map(statementOf));
}

async function readConstraints(client: pg.Pool | pg.ClientBase): Promise<Constraint[]> {
  const { rows } = await client.query<Constraint & { schema: string }>(
    `SELECT quote_ident(c.relname) AS "table", quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS definition,
       quote_ident(current_schema()) AS schema
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
     WHERE k.contype IN ('p', 'u', 'f') AND c.relnamespace = current_schema()::regnamespace
     ORDER BY position(k.contype::text IN 'puf'), c.relname COLLATE "C", k.conname COLLATE "C"`,
  );
  return rows.map(({ table, name, definition, schema }) => ({
    table,
    name,
    definition: definition.replaceAll(`${schema}.`, `${plainSchema}.`),
  }));
}

function statementOf({ table, name, definition }: Constraint): string {
  return `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`;
}

function parse(statement: string): Constraint {
  const [, table = '', name = '', definition = ''] =
    /^ALTER TABLE (\S+) ADD CONSTRAINT (\S+) (.+)$/.exec(statement) ?? [];
  return { table, name, definition };
}

function keyOf({ table, name }: Constraint): string {
  return `${table} ${name}`;
}

/** @returns why it cannot be made; null when it is made */
async function makeAnew(
  client: pg.ClientBase,
  { found, ...wanted }: ConstraintDifference,
  distributed: boolean,
): Promise<string | null> {
  const target = /REFERENCES (\w+)/.exec(wanted.definition)?.[1];
  const tables = [...new Set([wanted.table, ...(target === undefined ? [] : [target])])];
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '${lockTimeout}'; SET LOCAL statement_timeout = 0`);
    if (distributed) await client.query(oneByOne);
    // The owner is to see every row that is looked at.
    const forced = await forcedAmong(client, tables);
    for (const table of forced) await client.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
    if (found !== null) await client.query(`ALTER TABLE ${wanted.table} DROP CONSTRAINT ${wanted.name}`);
    await client.query(statementOf(wanted));
    for (const table of forced) await client.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
    await client.query('COMMIT');
    return null;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    const { message, detail } = error as Error & { detail?: string };
    return detail === undefined ? message : `${message} (${detail})`;
  }
}

async function forcedAmong(client: pg.ClientBase, tables: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class
     WHERE relforcerowsecurity AND relnamespace = current_schema()::regnamespace AND quote_ident(relname) = ANY($1)`,
    [tables],
  );
  return rows.map(({ name }) => name);
}
