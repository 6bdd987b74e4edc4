import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { type Authority, authoritySettings, unlessOpened } from './authority.ts';
import { throughAll } from './citus.ts';
import { type CopiedRow, copyOut } from './copy-out.ts';
import { isConnectionLost, isPanic, UnknownCommit } from './errors.ts';
import { createLending, type Outage } from './lending.ts';
import type { Machines } from './machines.ts';
import { type QueryLog, watchQueries } from './query-log.ts';
import type { RoleNames } from './roles.ts';

export type Transaction = NodePgDatabase;

/** Writes more in the transaction that makes `made`: both are there afterwards, or neither. */
export type AlsoWrite<T> = (tx: Transaction, made: T) => Promise<void>;

/** `name` stands for `text` on a connection: the same name must never come with another text. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/**
 * How far statements go: each to the rows of one user, or through those of everybody, which several machines pay for
 * with a question to each of them.
 */
export type Reach = 'one user' | 'everybody';

export interface StatementGroup {
  authority: Authority;
  statements: readonly Statement[];
}

/** The database as stores see it: nothing but transactions that hold one authority. */
export interface Database {
  readonly kind: 'pglite' | 'postgresql';
  /** Who transactions become. */
  readonly roles: RoleNames;
  /** Where it is, for messages: never with a password. */
  readonly address: string;
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
   * Reads `select`, which has no parameters, in PostgreSQL's binary format: for bytes, which text makes slow. `take` is
   * handed each row as it comes, and must be done with its memory when it returns.
   */
  copy(authority: Authority, select: string, take: (row: CopiedRow) => void): Promise<void>;
  /**
   * Writes as `read` reads, durable when it resolves. `more` sees the rows so far; the statements that it gives travel
   * with the commit. With it the opening is waited for, one round trip more.
   */
  write(
    authority: Authority,
    statements: readonly Statement[],
    more?: (tx: Transaction, rows: unknown[][]) => Promise<readonly Statement[]>,
  ): Promise<unknown[][]>;
  /** The same for several authorities in one transaction, all or nothing: each statement sees its own group's only. */
  batch(groups: readonly StatementGroup[]): Promise<unknown[][][]>;
  /** A role that sees which work is due over all users, never its content. */
  asWorker<T>(reach: Reach, work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** A role that sees and changes accounts, never what is in them. What it writes down it does as `actor`. */
  asAdmin<T>(actor: Authority, reach: Reach, work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseSettings {
  kind: Database['kind'];
  pool: pg.Pool;
  roles: RoleNames;
  address: string;
  close: () => Promise<void>;
  /** False behind a connection pooler, where a statement's name is lost with its connection. */
  prepares?: boolean;
  /** More statements that open each transaction, such as bounds that a pooler does not let a connection have. */
  opening?: readonly string[];
  hasCitus?: boolean;
  log?: QueryLog | undefined;
  outage?: Outage | undefined;
  /** Of Citus. */
  machines?: Machines | undefined;
}

export function openDatabase(settings: DatabaseSettings): Database {
  const { kind, pool, roles } = settings;
  const drizzles = new WeakMap<pg.PoolClient, Transaction>();
  const { lend, hold } = createLending(pool, settings);
  watchQueries(pool, settings);

  function drizzleOf(client: pg.PoolClient): Transaction {
    const known = drizzles.get(client) ?? drizzle(client);
    drizzles.set(client, known);
    return known;
  }

  /**
   * As one, which is the least to send. Citus hands the whole message on to a machine for each SET LOCAL in it, with the
   * BEGIN, inside of a transaction that it has begun there: it gets each statement by itself.
   */
  function opening(role: string, authority: Authority | null, more: readonly string[] = []): string[] {
    const whose = authority === null ? [] : authoritySettings(authority);
    const all = ['BEGIN', ...(settings.opening ?? []), `SET LOCAL ROLE ${role}`, ...whose, ...more];
    return settings.hasCitus === true ? all : [all.join('; ')];
  }

  /** Sets anew what the group before has set, as `opening` does. */
  function reopening(authority: Authority, before: Authority): string[] {
    const all = authoritySettings(authority, before);
    return settings.hasCitus === true ? all : [all.join('; ')];
  }

  function run<T>(
    role: string,
    authority: Authority | null,
    work: (tx: Transaction) => Promise<T>,
    { writes = true, reach = 'one user' }: { writes?: boolean; reach?: Reach } = {},
  ): Promise<T> {
    const whose = reach === 'everybody' ? reach : authority === null ? [] : [authority];
    return lend(whose, async (client) => {
      const through = reach === 'everybody' && settings.hasCitus === true ? [throughAll] : [];
      const begun = send(client, opening(role, authority, through));
      begun.catch(() => {});
      // What follows an opening that failed would be written for good, each statement by itself. Reading need not wait,
      // where a connection may have two statements under way.
      if (writes || kind === 'pglite') await begun;
      const result = await hold(() => work(drizzleOf(client))).catch(async (error: unknown) => {
        // A transaction that could not open is why its statements failed.
        await begun;
        throw error;
      });
      await begun;
      // What was only read need not wait for its end.
      if (!writes) return { result, ending: client.query('COMMIT') };
      await commit(client, []);
      return { result };
    });
  }

  function batch(groups: readonly StatementGroup[], writes = true): Promise<unknown[][][]> {
    const whose = groups.map(({ authority }) => authority);
    return lend(whose, async (client) => {
      const waits = writes || kind === 'pglite';
      const parts = groups.map(({ authority, statements }, at) => {
        const last = groups[at - 1];
        if (last !== undefined) return { before: reopening(authority, last.authority), statements };
        const guards = writes && kind === 'postgresql' ? [unlessOpened(authority.userId)] : [];
        return { before: [...opening(roles.app, authority), ...guards], statements };
      });
      const statements = parts.flatMap((part) => [...part.before, ...part.statements]);
      const running = waits ? commit(client, statements) : inOneGo(client, statements);
      const ending = waits ? undefined : client.query('COMMIT');
      ending?.catch(() => {});
      const rows = await running;
      const result = parts.map(({ before, statements: own }) =>
        rows.splice(0, before.length + own.length).slice(before.length),
      );
      return { result, ending };
    });
  }

  const inOneGo = async (client: pg.PoolClient, statements: readonly (string | Statement)[]) =>
    (await send(client, statements)).map(({ rows }): unknown[] => rows);

  /** In one round trip where the connection can, in this order. @throws the first failure, when all have ended */
  async function send(
    client: pg.PoolClient,
    statements: readonly (string | Statement)[],
  ): Promise<pg.QueryResult<object>[]> {
    const results: pg.QueryResult<object>[] = [];
    if (kind === 'pglite') {
      for (const statement of statements) results.push(await client.query<object>(statement));
      return results;
    }
    const running = statements.map((statement) => client.query<object>(statement));
    for (const one of await Promise.allSettled(running)) {
      if (one.status === 'rejected') throw one.reason;
      results.push(one.value);
    }
    return results;
  }

  /** The last statements and the commit. @throws UnknownCommit when the connection is lost meanwhile */
  async function commit(
    client: pg.PoolClient,
    statements: readonly (string | Statement)[],
  ): Promise<unknown[][]> {
    const results = await send(client, [...statements, 'COMMIT']).catch((error: unknown) => {
      throw isConnectionLost(error) || isPanic(error) ? new UnknownCommit(error) : error;
    });
    // PostgreSQL answers the commit of a failed transaction by undoing it, which is no error to it.
    if (results.pop()?.command !== 'COMMIT')
      throw new Error('a transaction went on after a failed statement');
    return results.map(({ rows }) => rows);
  }

  async function read(authority: Authority, statements: readonly Statement[]): Promise<unknown[][]> {
    const [rows] = await batch([{ authority, statements }], false);
    return rows ?? [];
  }

  async function write(
    authority: Authority,
    statements: readonly Statement[],
    more?: (tx: Transaction, rows: unknown[][]) => Promise<readonly Statement[]>,
  ): Promise<unknown[][]> {
    if (more === undefined) return (await batch([{ authority, statements }]))[0] ?? [];
    return lend([authority], async (client) => {
      // As in `run`: whoever writes more must be able to rely on all of it being undone.
      await send(client, opening(roles.app, authority));
      const rows = await inOneGo(client, statements);
      const last = await hold(() => more(drizzleOf(client), rows));
      return { result: [...rows, ...(await commit(client, last))] };
    });
  }

  function copy(authority: Authority, select: string, take: (row: CopiedRow) => void): Promise<void> {
    return lend([authority], async (client) => {
      const begun = send(client, opening(roles.app, authority));
      begun.catch(() => {});
      if (kind === 'pglite') await begun;
      await copyOut(client, select, take).catch(async (error: unknown) => {
        await begun;
        throw error;
      });
      await begun;
      return { result: undefined, ending: client.query('COMMIT') };
    });
  }

  return {
    kind,
    roles,
    address: settings.address,
    pool,
    read,
    copy,
    write,
    batch: (groups) => batch(groups),
    scoped: (authority, work) => run(roles.app, authority, work),
    reading: (authority, work) => run(roles.app, authority, work, { writes: false }),
    asWorker: (reach, work) => run(roles.worker, null, work, { reach }),
    asAdmin: (actor, reach, work) => run(roles.admin, actor, work, { reach }),
    close: settings.close,
  };
}
