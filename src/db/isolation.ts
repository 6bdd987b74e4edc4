import type pg from 'pg';
import { runDefinition } from './citus.ts';
import type { Database } from './database.ts';
import { letRolesIn, oneByOne } from './distribute.ts';
import { type IsolationFact, readIsolationFacts } from './isolation-facts.ts';
import { plainSchema, printStatements, readStatements } from './made-by-migrations.ts';
import { mendParts } from './mend-parts.ts';
import { openOwnConnection } from './own-connection.ts';
import { makeRoles, type RoleNames, withRoles } from './roles.ts';
import { DatabaseSetupError } from './setup-error.ts';
import { isDistributed } from './spread.ts';

/** Written by `npm run isolation` from a database that only the migrations have made. */
const expectedFile = new URL('./isolation.sql', import.meta.url);
/** Whoever waits longer for a lock lets nobody else at the table meanwhile. */
const lockTimeout = '60s';

export interface IsolationDifference {
  /** Statements of what should be there and is not. */
  missing: string[];
  /** What is there and should not be. */
  extra: IsolationFact[];
}

/** How the database differs from what the migrations make, as after a dump that was restored without its roles. */
export async function compareIsolation(
  client: pg.Pool | pg.ClientBase,
  roles: RoleNames,
): Promise<IsolationDifference> {
  const expected = await readStatements(expectedFile);
  if (expected === null) return { missing: [], extra: [] };
  const found = await readIsolationFacts(client, roles);
  const foundMakes = new Set(found.map(({ make }) => make));
  const wanted = new Set(expected);
  return {
    missing: expected.filter((make) => !foundMakes.has(make)),
    extra: found.filter(({ make }) => !wanted.has(make)),
  };
}

/**
 * Makes what is missing and takes away what is too much, all or nothing; then, on the machines of Citus, the same of parts.
 * @returns how many statements that took, and for how many tables the parts
 */
export async function repairIsolation(database: Database): Promise<number> {
  const { client, close } = await openOwnConnection(database);
  try {
    const distributed = await isDistributed(client);
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '${lockTimeout}'; SET LOCAL statement_timeout = 0`);
    if (distributed) await client.query(oneByOne);
    const left = await makeRoles(client, database.roles);
    if (left.length > 0)
      throw new DatabaseSetupError(
        ['An administrator of the database server has to run this first:', ...left].join('\n'),
      );
    if (distributed) await letRolesIn(client, database.roles);
    const changed = await repairFacts(client, database.roles, (statement) =>
      distributed ? runDefinition(client, statement) : client.query(statement),
    );
    await client.query('COMMIT');
    return distributed ? changed + (await mendParts(client)) : changed;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    await close();
  }
}

async function repairFacts(
  client: pg.ClientBase,
  roles: RoleNames,
  run: (statement: string) => Promise<unknown>,
): Promise<number> {
  const { missing, extra } = await compareIsolation(client, roles);
  const schema = await currentSchema(client);
  for (const { drop, make } of extra) if (!isReplaced(make)) await run(drop);
  // Functions first: grants name them.
  for (const make of missing.toSorted((a, b) => Number(isReplaced(b)) - Number(isReplaced(a))))
    await run(withRoles(inSchema(make, schema), roles));
  // What a new function may be called by is only known now: its default is everybody.
  for (const { drop } of (await compareIsolation(client, roles)).extra) await run(drop);
  return missing.length + extra.length;
}

/** The list as a file, for a database that only the migrations have made. */
export async function printIsolation(database: Database): Promise<string> {
  const facts = await readIsolationFacts(database.pool, database.roles);
  return printStatements(
    'Isolation',
    facts.map(({ make }) => make),
  );
}

/** A changed function is replaced in place: policies and grants may hang on it. */
function isReplaced(make: string): boolean {
  return make.startsWith('CREATE OR REPLACE FUNCTION');
}

function inSchema(make: string, schema: string): string {
  return make
    .replaceAll(`${plainSchema}.`, `${schema}.`)
    .replaceAll(`SCHEMA ${plainSchema} `, `SCHEMA ${schema} `)
    .replaceAll(`'${plainSchema}'`, `'${schema}'`);
}

async function currentSchema(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ schema: string }>('SELECT quote_ident(current_schema()) AS schema');
  return rows[0]?.schema ?? plainSchema;
}
