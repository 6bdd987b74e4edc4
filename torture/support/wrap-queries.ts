import type pg from 'pg';

/** What is sent in place of a query: other words for the same parameters, or something else without any. */
export type Change = { text: string } | { instead: string };

export interface QueryWatch {
  /** Before each query, on the connection that it is about to use; undefined: the query as it is. */
  (text: string, client: pg.PoolClient): Change | undefined;
}

const watched = new WeakMap<pg.PoolClient, { watch: QueryWatch }>();

/** From now on every query of every connection of the pool is shown to `watch` first. A second call replaces the first. */
export function wrapQueries(pool: pg.Pool, watch: QueryWatch): void {
  pool.on('acquire', (client) => {
    const known = watched.get(client);
    if (known !== undefined) {
      known.watch = watch;
      return;
    }
    const state = { watch };
    watched.set(client, state);
    // The driver's overloads are many; what comes in goes out but for its text.
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (...args: unknown[]) => query(...changed(args, (text) => state.watch(text, client))),
    });
  });
}

function changed(args: unknown[], watch: (text: string) => Change | undefined): unknown[] {
  const [first, ...rest] = args;
  const isPlain = typeof first === 'string';
  if (!isPlain && (typeof first !== 'object' || first === null || !('text' in first))) return args;
  const text = isPlain ? first : String(first.text);
  const change = watch(text);
  if (change === undefined) return args;
  // A query of the driver's own kind is sent once, and tells by itself how it went.
  if (!isPlain && 'submit' in first)
    return [Object.assign(first, { text: 'instead' in change ? change.instead : change.text }), ...rest];
  if ('instead' in change) return [change.instead, ...rest.filter((one) => typeof one === 'function')];
  if (change.text === text) return args;
  // A prepared statement's name stands for its first text.
  return [isPlain ? change.text : { ...first, name: undefined, text: change.text }, ...rest];
}
