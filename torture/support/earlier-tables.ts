import { mustEqual } from './claims.ts';

export interface Query {
  (sql: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

export type Row = Record<string, unknown>;

/** A row as the earlier schema held it. */
export interface KeptRow {
  table: string;
  /** Columns that find it. */
  key: Row;
  row: Row;
}

/** The tables and columns of an earlier schema; what it does not have is not filled. */
export interface EarlierTables {
  has(table: string, column?: string): boolean;
  insert(table: string, row: Row): Promise<void>;
  /** The same for a row that no migration and no background work changes, found by these columns. */
  insertKept(table: string, key: readonly string[], row: Row): Promise<void>;
  kept: KeptRow[];
}

/** What changes without anybody's doing: the index of search, and counts. */
const changing = new Set(['messages.terms', 'shares.views']);

export async function openEarlierTables(query: Query): Promise<EarlierTables> {
  const columns = await columnsOf(query);
  const kept: KeptRow[] = [];
  async function insert(table: string, row: Row): Promise<void> {
    const names = Object.keys(row).filter((name) => columns.get(table)?.has(name) === true);
    if (names.length === 0) return;
    const places = names.map((_, place) => `$${place + 1}`);
    await query(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`,
      names.map((name) => row[name]),
    );
  }
  return {
    kept,
    has: (table, column) =>
      column === undefined ? columns.has(table) : columns.get(table)?.has(column) === true,
    insert,
    async insertKept(table, names, row) {
      if (!columns.has(table)) return;
      await insert(table, row);
      const key = Object.fromEntries(names.map((name) => [name, row[name]]));
      kept.push({ table, key, row: (await read(query, table, key)) ?? {} });
    },
  };
}

/** Each of them is as it was, in the columns that are still there. @throws BrokenPromise */
export async function verifyKept(query: Query, kept: readonly KeptRow[]): Promise<void> {
  for (const { table, key, row } of kept) {
    const now = await read(query, table, key);
    const names = Object.keys(row).filter(
      (name) => !changing.has(`${table}.${name}`) && (now === null || name in now),
    );
    const pick = (from: Row) => Object.fromEntries(names.map((name) => [name, from[name]]));
    mustEqual(`a row of ${table} that an earlier version wrote`, now && pick(now), pick(row));
  }
}

async function read(query: Query, table: string, key: Row): Promise<Row | null> {
  const where = Object.keys(key).map((name, place) => `${name} = $${place + 1}`);
  const { rows } = await query(
    `SELECT to_jsonb(t) AS row FROM ${table} t WHERE ${where.join(' AND ')}`,
    Object.values(key),
  );
  return (rows as { row: Row }[])[0]?.row ?? null;
}

async function columnsOf(query: Query): Promise<Map<string, Set<string>>> {
  const { rows } = await query(
    `SELECT table_name::text AS "table", array_agg(column_name::text) AS columns
     FROM information_schema.columns WHERE table_schema = current_schema() GROUP BY 1`,
  );
  const found = rows as { table: string; columns: string[] }[];
  return new Map(found.map(({ table, columns }) => [table, new Set(columns)]));
}
