import { AsyncLocalStorage } from 'node:async_hooks';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { translateDatabaseError } from './errors.ts';

export type Transaction = NodePgDatabase;

/** Who a transaction acts for. Stores pass a scope, which only an ownership check can make. */
export interface Authority {
  readonly userId: string;
  readonly conversationId?: string | undefined;
}

/** `name` stands for `text` on a connection: the same name must never come with another text. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

export interface StatementGroup {
  authority: Authority;
  statements: readonly Statement[];
}

type Role = 'alcove_app' | 'alcove_worker' | 'alcove_admin';

export interface QueryLog {
  (entry: { sql: string; parameters: number; ms: number }): void;
}

/** The database as stores see it: nothing but transactions that hold one authority. */
export interface Database {
  readonly kind: 'pglite' | 'postgresql';
  /** For migrations, the job queue and the boot checks only: the connection's own role. */
  readonly pool: pg.Pool;
  /** Runs `work` as the application role with row-level security set to this authority. Holds no network call. */
  scoped<T>(authority: Authority, work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** The same for work that only reads: its end is not waited for. */
  reading<T>(authority: Authority, work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Reads in one round trip: opening, statements and commit travel together. Each statement is prepared once under
   * its name. Rows come back as PostgreSQL names them, one list for each statement.
   */
  read(authority: Authority, statements: readonly Statement[]): Promise<unknown[][]>;
  /**
   * Writes as `read` reads, durable when it resolves. `more` runs before the commit with the rows so far, and costs a
   * second round trip.
   */
  write(
    authority: Authority,
    statements: readonly Statement[],
    more?: (tx: Transaction, rows: unknown[][]) => Promise<void>,
  ): Promise<unknown[][]>;
  /** The same for several authorities in one transaction, all or nothing: each statement sees its own group's only. */
  batch(groups: readonly StatementGroup[]): Promise<unknown[][][]>;
  /** A role that sees which work is due over all users, never its content. */
  asWorker<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** A role that sees and changes accounts, never what is in them. */
  asAdmin<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const pipelining = new WeakSet<Transaction>();

/**
 * Statements that do not need each other's results, in one round trip where the connection can. They run in this
 * order; the first failure is the one that is thrown.
 */
export async function pipeline<Results extends unknown[]>(
  tx: Transaction,
  ...statements: { [At in keyof Results]: () => PromiseLike<Results[At]> }
): Promise<Results> {
  if (pipelining.has(tx)) {
    // Safe: Promise.all keeps the order and types of a tuple, which a mapped type hides from the compiler.
    return (await Promise.all(statements.map((statement) => statement()))) as Results;
  }
  const results: unknown[] = [];
  for (const statement of statements) results.push(await statement());
  return results as Results;
}

export function openDatabase(
  kind: Database['kind'],
  pool: pg.Pool,
  closePool: () => Promise<void>,
  log?: QueryLog,
): Database {
  const drizzles = new WeakMap<pg.PoolClient, Transaction>();
  const inside = new AsyncLocalStorage<true>();

  function drizzleOf(client: pg.PoolClient): Transaction {
    let known = drizzles.get(client);
    if (known === undefined) {
      known = drizzle(log === undefined ? client : logged(client, log));
      drizzles.set(client, known);
      if (kind === 'postgresql') pipelining.add(known);
    }
    return known;
  }

  async function run<T>(
    role: Role,
    authority: Authority | null,
    work: (tx: Transaction, client: pg.PoolClient) => Promise<T>,
    writes = true,
  ): Promise<T> {
    // With one connection (PGlite) a transaction inside another waits for itself for ever.
    if (inside.getStore() === true) throw new Error('a transaction was opened inside another one');
    const client = await pool.connect().catch((error: unknown) => {
      throw translateDatabaseError(error);
    });
    let broken: Error | undefined;
    let ending: Promise<unknown> | undefined;
    try {
      const begun = client.query(openingStatements(role, authority));
      begun.catch(() => {});
      // Only a pipelining connection may have two statements under way.
      if (kind === 'pglite') await begun;
      const result = await inside.run(true, () => work(drizzleOf(client), client));
      await begun;
      const committed = client.query('COMMIT');
      // What was only read need not wait for its end.
      if (writes) await committed;
      else ending = committed;
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((reason: Error) => {
        broken = reason;
      });
      throw translateDatabaseError(error);
    } finally {
      release(client, ending, broken);
    }
  }

  async function batch(groups: readonly StatementGroup[], writes = true): Promise<unknown[][][]> {
    if (inside.getStore() === true) throw new Error('a transaction was opened inside another one');
    const client = await pool.connect().catch((error: unknown) => {
      throw translateDatabaseError(error);
    });
    let broken: Error | undefined;
    let ending: Promise<unknown> | undefined;
    try {
      const texts = groups.flatMap(scopedStatements);
      // What was only read need not wait for its end.
      const waits = writes || kind === 'pglite';
      const running = inOneGo(client, waits ? [...texts, 'COMMIT'] : texts);
      const committed = waits ? undefined : client.query('COMMIT');
      committed?.catch(() => {});
      const results = await running;
      ending = committed;
      let at = 0;
      return groups.map(({ statements }) => {
        const rows = results.slice(at + 1, at + 1 + statements.length);
        at += 1 + statements.length;
        return rows;
      });
    } catch (error) {
      await client.query('ROLLBACK').catch((reason: Error) => {
        broken = reason;
      });
      throw translateDatabaseError(error);
    } finally {
      release(client, ending, broken);
    }
  }

  /** In one round trip where the connection can. @returns the rows of each statement @throws the first failure, when all have ended */
  async function inOneGo(
    client: pg.PoolClient,
    statements: readonly (string | Statement)[],
  ): Promise<unknown[][]> {
    const rows: unknown[][] = [];
    if (kind === 'pglite') {
      for (const statement of statements) rows.push((await client.query<object>(statement)).rows);
      return rows;
    }
    const running = statements.map((statement) => client.query<object>(statement));
    for (const result of await Promise.allSettled(running)) {
      if (result.status === 'rejected') throw result.reason;
      rows.push(result.value.rows);
    }
    return rows;
  }

  async function read(authority: Authority, statements: readonly Statement[]): Promise<unknown[][]> {
    const [rows] = await batch([{ authority, statements }], false);
    return rows ?? [];
  }

  async function write(
    authority: Authority,
    statements: readonly Statement[],
    more?: (tx: Transaction, rows: unknown[][]) => Promise<void>,
  ): Promise<unknown[][]> {
    if (more === undefined) return (await batch([{ authority, statements }]))[0] ?? [];
    return run('alcove_app', authority, async (tx, client) => {
      const rows = await inOneGo(client, statements);
      await more(tx, rows);
      return rows;
    });
  }

  return {
    kind,
    pool,
    read,
    write,
    batch: (groups) => batch(groups),
    scoped: (authority, work) => run('alcove_app', authority, work),
    reading: (authority, work) => run('alcove_app', authority, work, false),
    asWorker: (work) => run('alcove_worker', null, work),
    asAdmin: (work) => run('alcove_admin', null, work),
    close: closePool,
  };
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

function openingStatements(role: Role, authority: Authority | null): string {
  const opening = `BEGIN; SET LOCAL ROLE ${role}`;
  return authority === null ? opening : `${opening}; ${setAuthority(authority)}`;
}

/** The first group opens the transaction; the others set anew what the one before has set. */
function scopedStatements({ authority, statements }: StatementGroup, at: number): (string | Statement)[] {
  if (at === 0) return [openingStatements('alcove_app', authority), ...statements];
  const unset = authority.conversationId === undefined ? `; SET LOCAL app.conversation_id = ''` : '';
  return [`${setAuthority(authority)}${unset}`, ...statements];
}

/**
 * SET LOCAL, never set_config (Citus does not forward it) and never SET (it would leak to the pool's next user).
 * SET takes no parameters, so the ids are checked to be nothing but UUIDs.
 */
function setAuthority(authority: Authority): string {
  const settings = [['app.user_id', authority.userId]];
  if (authority.conversationId !== undefined)
    settings.push(['app.conversation_id', authority.conversationId]);
  return settings
    .map(([setting, id]) => {
      if (id === undefined || !uuidForm.test(id)) throw new Error(`${setting} is not a UUID`);
      return `SET LOCAL ${setting} = '${id}'`;
    })
    .join('; ');
}

/** At debug level: each statement's text and time, never its values. */
function logged(client: pg.PoolClient, log: QueryLog): pg.PoolClient {
  return new Proxy(client, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (property !== 'query') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: unknown[]) => {
        const started = performance.now();
        const config = args[0];
        const text = typeof config === 'string' ? config : (config as { text: string }).text;
        try {
          return await Reflect.apply(target.query, target, args);
        } finally {
          const values = args[1];
          log({
            sql: text,
            parameters: Array.isArray(values) ? values.length : 0,
            ms: performance.now() - started,
          });
        }
      };
    },
  });
}
