import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import type { Whose } from './authority.ts';
import { DatabaseAway, isConnectionLost, translateDatabaseError } from './errors.ts';
import type { Machines } from './machines.ts';

/** What the work came to, and what the connection still has to end, which is not waited for. */
export interface Lent<T> {
  result: T;
  ending?: Promise<unknown> | undefined;
}

export interface Lending {
  /** Lends a connection to one transaction, which whatever `work` throws undoes. @throws AppError */
  lend<T>(whose: Whose, work: (client: pg.PoolClient) => Promise<Lent<T>>): Promise<T>;
  /** Runs what must not ask for another connection: with one alone it would wait for itself for ever. */
  hold<T>(work: () => Promise<T>): Promise<T>;
}

/** Told how each use of the database went, as far as reaching it goes. */
export interface Outage {
  failed(error: unknown): void;
  succeeded(): void;
}

export function createLending(
  pool: pg.Pool,
  { outage, machines }: { outage?: Outage | undefined; machines?: Machines | undefined },
): Lending {
  const inside = new AsyncLocalStorage<true>();

  async function lend<T>(whose: Whose, work: (client: pg.PoolClient) => Promise<Lent<T>>): Promise<T> {
    if (inside.getStore() === true) throw new Error('a transaction was opened inside another one');
    await machines?.refuseAway(whose);
    const client = await pool.connect().catch((error: unknown) => {
      // Whoever asked has gone before the server stopped: nobody reads the answer.
      if (pool.ending) throw new DatabaseAway(error);
      outage?.failed(error);
      throw translateDatabaseError(error);
    });
    const unwatch = machines?.watch(client);
    let broken: Error | undefined;
    let ending: Promise<unknown> | undefined;
    try {
      const done = await work(client);
      ending = done.ending;
      outage?.succeeded();
      return done.result;
    } catch (error) {
      if (isConnectionLost(error)) {
        outage?.failed(error);
        // Nobody would answer here any more, and the caller would wait for that a second time.
        broken = error as Error;
      } else
        await client.query('ROLLBACK').catch((reason: Error) => {
          broken = reason;
        });
      throw translateDatabaseError(error);
    } finally {
      if (ending === undefined) unwatch?.();
      else ending.finally(unwatch).catch(() => {});
      release(client, ending, broken);
    }
  }

  return { lend, hold: (work) => inside.run(true, work) };
}

/** Gives a connection back, after the end of its transaction where that is still under way. */
function release(
  client: pg.PoolClient,
  ending: Promise<unknown> | undefined,
  broken: Error | undefined,
): void {
  if (ending === undefined) {
    client.release(broken);
    return;
  }
  ending.then(
    () => client.release(),
    (reason: Error) => client.release(reason),
  );
}
