import fsp from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import type pg from 'pg';
import { behave, type Provider } from '../../test/support/provider.ts';
import type { DatabaseKind } from '../scenario.ts';
import { wrapQueries } from './wrap-queries.ts';

/** Something outside of the product that can fail at its n-th use. */
export interface Fault {
  name: string;
  /** Fails the n-th use from now, counted from 1; the others work. */
  failAt(n: number): void;
  /** Nothing fails any more. @returns how often it was used since `failAt` */
  heal(): number;
}

const raise = (code: string): string =>
  `DO $$ BEGIN RAISE EXCEPTION 'failed on purpose' USING ERRCODE = '${code}'; END $$`;

/** Of all the faults below. */
export const faultNames = ['40001', '40P01', '53100', '57P01', 'ECONNRESET', 'ENOSPC', 'provider'] as const;

/** Serialization failure, deadlock, disk full. */
const sqlStates = ['40001', '40P01', '53100'];

/** Queries that fail in the database, and connections that are lost at one. */
export function databaseFaults(pool: pg.Pool, kind: DatabaseKind): Fault[] {
  let seen = 0;
  let failing = 0;
  let how: (client: pg.PoolClient) => { instead: string } | undefined = () => undefined;
  wrapQueries(pool, (_text, client) => {
    seen += 1;
    return seen === failing ? how(client) : undefined;
  });
  const fault = (name: string, failure: typeof how): Fault => ({
    name,
    failAt(n) {
      seen = 0;
      failing = n;
      how = failure;
    },
    heal() {
      failing = 0;
      return seen;
    },
  });
  const administrator =
    kind === 'postgres' ? 'SELECT pg_terminate_backend(pg_backend_pid())' : raise('57P01');
  return [
    ...sqlStates.map((code) => fault(code, () => ({ instead: raise(code) }))),
    fault('57P01', () => ({ instead: administrator })),
    fault('ECONNRESET', (client) => {
      // Not in its public types: the socket below.
      const { connection } = client as unknown as { connection: { stream: { destroy(error: Error): void } } };
      connection.stream.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
      return undefined;
    }),
  ];
}

const fileCalls = ['open', 'rename', 'rm', 'stat', 'mkdir', 'opendir'] as const;

/** Files below the folder of originals and the one of uploads. Patches Node's own module, for this process. */
export function fileFault(dataDir: string): Fault {
  let seen = 0;
  let failing = 0;
  const functions = fsp as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of fileCalls) {
    const real = functions[name];
    if (real === undefined) continue;
    functions[name] = async (...args: unknown[]) => {
      const path = String(args[0]);
      if (path.startsWith(`${dataDir}/blobs/`) || path.startsWith(`${dataDir}/incoming`)) {
        seen += 1;
        if (seen === failing) throw Object.assign(new Error(`ENOSPC: ${name}`), { code: 'ENOSPC' });
      }
      return real.apply(fsp, args);
    };
  }
  syncBuiltinESMExports();
  return {
    name: 'ENOSPC',
    failAt(n) {
      seen = 0;
      failing = n;
    },
    heal() {
      failing = 0;
      return seen;
    },
  };
}

/** Requests of the model provider, chats and embeddings alike, whose connection is dropped. */
export function providerFault(provider: Provider): Fault {
  let before = 0;
  return {
    name: 'provider',
    failAt(n) {
      before = provider.requests.length;
      provider.scriptEmbeddings(...Array.from({ length: n - 1 }, () => null), behave.reset());
      provider.script(...Array.from({ length: n - 1 }, () => behave.answer('As usual.')), behave.reset());
    },
    heal() {
      const used = provider.requests.length - before;
      provider.reset();
      return used;
    },
  };
}
