import type pg from 'pg';

export interface SeenQuery {
  text: string;
}

/** What is sent instead; undefined: the query as it is. */
type Rewrite = (
  query: SeenQuery,
) => { text: string; name?: undefined; values?: unknown[] } | { text: string } | undefined;

const wrapped = new WeakMap<pg.PoolClient, { rewrite: Rewrite }>();

/** From now on every query of every connection of the pool passes through here first. A second call replaces the first. */
export function wrapQueries(pool: pg.Pool, rewrite: Rewrite): void {
  pool.on('acquire', (client) => {
    const known = wrapped.get(client);
    if (known !== undefined) {
      known.rewrite = rewrite;
      return;
    }
    const state = { rewrite };
    wrapped.set(client, state);
    // The driver's overloads are many; what comes in goes out but for its text.
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (first: unknown, ...rest: unknown[]) => query(rewritten(first, state.rewrite), ...rest),
    });
  });
}

function rewritten(first: unknown, rewrite: Rewrite): unknown {
  if (typeof first === 'string') return rewrite({ text: first })?.text ?? first;
  if (typeof first !== 'object' || first === null || !('text' in first)) return first;
  const change = rewrite({ text: String(first.text) });
  // A prepared statement's name stands for its first text.
  return change === undefined || change.text === first.text
    ? first
    : { ...first, name: undefined, ...change };
}
