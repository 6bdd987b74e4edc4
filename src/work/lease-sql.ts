import { eq, sql, type SQL } from 'drizzle-orm';
import { type AnyPgColumn, PgDialect, type PgTable } from 'drizzle-orm/pg-core';
import type { Statement } from '../db/database.ts';

// What a lease is, on a row of whatever table: until when somebody has the row, by the database's clock, and a token
// that each claim makes anew. Work of the loop, answers and Idempotency-Keys are claimed, renewed, given back and
// written below by these and by nothing else.

/** A row that can be leased. */
export interface LeasedRow {
  table: PgTable;
  until: AnyPgColumn;
  token: AnyPgColumn;
  /** Which row it is, and what else must be so of it. */
  is: SQL;
}

/** Takes the row for `leaseMs`, unless a lease on it runs. `also` is set with it, as `name = value`. */
export function claimRow(row: LeasedRow, token: string, leaseMs: number, also: SQL): SQL {
  const { table, until, is } = row;
  return sql`UPDATE ${table} SET ${set(row.token, sql`${token}`)}, ${set(until, after(leaseMs))}, ${also}
    WHERE ${is} AND ${until} <= now()`;
}

/** Keeps it for `leaseMs` from now, while the token stands. */
export function renewRow(row: LeasedRow, token: string | SQL, leaseMs: number | SQL): SQL {
  return sql`UPDATE ${row.table} SET ${set(row.until, after(leaseMs))} WHERE ${isHeld(row, token)}`;
}

/** Lets anybody have it after `inMs`; whoever gives it back has no say any more. */
export function releaseRow(row: LeasedRow, token: string, inMs: number, also?: SQL): SQL {
  const more = also === undefined ? sql`` : sql`, ${also}`;
  return sql`UPDATE ${row.table} SET ${set(row.token, sql`NULL`)}, ${set(row.until, after(inMs))}${more}
    WHERE ${isHeld(row, token)}`;
}

/** The fence: no later claim has left a token of its own. */
export function isHeld({ is, token }: LeasedRow, shown: string | SQL): SQL {
  return sql`${is} AND ${eq(token, shown)}`;
}

/** Never a time of this process. */
export function after(ms: number | SQL): SQL {
  return sql`now() + ${ms}::double precision * interval '1 millisecond'`;
}

const dialect = new PgDialect();

/** For `Database.write`: the same `name` must always come with SQL of the same form. */
export function statement(name: string, query: SQL): Statement {
  const { sql: text, params } = dialect.sqlToQuery(query);
  return { name, text, values: params };
}

/** For statements that are sent too often to be made anew each time: their parameters are numbered, as `numbered(1)`. */
export function textOf(query: SQL): string {
  return dialect.sqlToQuery(query).sql;
}

export function numbered(parameter: number): SQL {
  return sql.raw(`$${parameter}`);
}

/** UPDATE takes names of columns without their table. */
function set(column: AnyPgColumn, value: SQL): SQL {
  return sql`${sql.identifier(column.name)} = ${value}`;
}
