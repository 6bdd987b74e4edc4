import type pg from 'pg';
import type { DatabaseKind } from '../../scenario.ts';
import { type Change, wrapQueries } from '../wrap-queries.ts';
import { countedFault, type Fault } from './fault.ts';

export const databaseFaultNames = ['40001', '40P01', '53100', '57P01', 'ECONNRESET'] as const;

const raise = (code: string): string =>
  `DO $$ BEGIN RAISE EXCEPTION 'failed on purpose' USING ERRCODE = '${code}'; END $$`;

/** Queries that fail in the database, and connections that are lost at one. */
export function databaseFaults(pool: pg.Pool, kind: DatabaseKind): Fault[] {
  const faults = databaseFaultNames.map(countedFault);
  wrapQueries(pool, (text, client) => {
    const form = formOf(text);
    // Each of them notes every query.
    const [due] = faults.filter((fault) => fault.isDue(form));
    return due && failureOf(due.name, client, kind);
  });
  return faults;
}

/** Queries of one form are of one kind: without what they say of whom, and however many they say it of. */
export function formOf(text: string): string {
  return text
    .replace(/'[^']*'/g, "''")
    .replace(/\$\d+/g, '$')
    .replace(/\$(?:, (?:\$|default))+/g, '$$')
    .replace(/\(\$\)(?:, \(\$\))+/g, '($$)')
    .replace(/\s+/g, ' ');
}

function failureOf(name: string, client: pg.PoolClient, kind: DatabaseKind): Change | undefined {
  if (name === '57P01' && kind === 'postgres')
    return { instead: 'SELECT pg_terminate_backend(pg_backend_pid())' };
  if (name !== 'ECONNRESET') return { instead: raise(name) };
  // Not in its public types: the socket below.
  const { connection } = client as unknown as { connection: { stream: { destroy(error: Error): void } } };
  connection.stream.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
  return undefined;
}
