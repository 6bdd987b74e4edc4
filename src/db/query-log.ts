import type pg from 'pg';

export interface QueryLog {
  (entry: { sql: string; parameters: number; ms: number }): void;
}

type Query = (...args: unknown[]) => unknown;
type Callback = (...args: unknown[]) => void;

/** Of each connection, so that nothing is left out that is sent past the transactions of a user. */
export function watchQueries(
  pool: pg.Pool,
  { prepares, log }: { prepares?: boolean; log?: QueryLog | undefined },
): void {
  pool.on('connect', (client) => {
    if (prepares === false) dropNames(client);
    if (log !== undefined) logQueries(client, log);
  });
}

/** At debug level: from now on each statement's text and time, whoever sends it on this connection, never its values. */
function logQueries(client: pg.ClientBase, log: QueryLog): void {
  changeQueries(client, (query) => (...args) => {
    const started = performance.now();
    const [statement, separate] = args as [string | { text: string; values?: unknown[] }, unknown];
    const sql = typeof statement === 'string' ? statement : statement.text;
    const values = typeof statement === 'string' ? separate : (statement.values ?? separate);
    const parameters = Array.isArray(values) ? values.length : 0;
    const tell = () => log({ sql, parameters, ms: performance.now() - started });
    const last = args.at(-1);
    if (typeof last === 'function')
      return query(...args.slice(0, -1), (...results: unknown[]) => {
        tell();
        (last as Callback)(...results);
      });
    // Sent before anything is awaited: pipelined statements keep their order.
    const sent = query(...args);
    if (sent instanceof Promise) return sent.finally(tell);
    tell();
    return sent;
  });
}

/** Behind a pooler a statement's name would be another connection's: each statement is planned by itself. */
function dropNames(client: pg.ClientBase): void {
  changeQueries(client, (query) => (first, ...rest) => {
    const isNamed = typeof first === 'object' && first !== null && 'name' in first && !('submit' in first);
    return query(isNamed ? { ...first, name: '' } : first, ...rest);
  });
}

function changeQueries(client: pg.ClientBase, change: (query: Query) => Query): void {
  // The driver's overloads are many; what comes in goes out but for what is changed.
  Object.assign(client, { query: change(client.query.bind(client) as Query) });
}
