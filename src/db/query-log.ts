import type pg from 'pg';

export interface QueryLog {
  (entry: { sql: string; parameters: number; ms: number }): void;
}

const known = new WeakMap<pg.PoolClient, pg.PoolClient>();

/** At debug level: each statement's text and time, never its values. */
export function logged(client: pg.PoolClient, log: QueryLog): pg.PoolClient {
  const proxy = known.get(client) ?? proxyOf(client, log);
  known.set(client, proxy);
  return proxy;
}

function proxyOf(client: pg.PoolClient, log: QueryLog): pg.PoolClient {
  return new Proxy(client, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (property !== 'query') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: unknown[]) => {
        const started = performance.now();
        const [statement, separate] = args as [string | { text: string; values?: unknown[] }, unknown];
        const sql = typeof statement === 'string' ? statement : statement.text;
        const values = separate ?? (typeof statement === 'string' ? undefined : statement.values);
        try {
          // Sent before anything is awaited: pipelined statements keep their order.
          return await Reflect.apply(target.query, target, args);
        } finally {
          const parameters = Array.isArray(values) ? values.length : 0;
          log({ sql, parameters, ms: performance.now() - started });
        }
      };
    },
  });
}
