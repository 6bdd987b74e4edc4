import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** A PostgreSQL with pgvector whose role may create databases; null: embedded PGlite. */
  databaseUrl: string | null;
  seed: number;
  /** Smaller data and fewer rounds. */
  quick: boolean;
  /** Where the processes under test leave their CPU profiles. */
  profileFolder: string | null;
  out: string | null;
  /** Numbers and lists of one command, by name. */
  number(name: string, fallback: number): number;
  list(name: string): string[] | null;
}

/** Reads what follows `npm run bench --`. @throws TypeError for an option that does not exist */
export function readOptions(
  args: string[],
  env: NodeJS.ProcessEnv,
): { command: string | undefined; options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      database: { type: 'string' },
      seed: { type: 'string' },
      quick: { type: 'boolean', default: false },
      profile: { type: 'string' },
      out: { type: 'string' },
      pages: { type: 'string' },
      seconds: { type: 'string' },
      streams: { type: 'string' },
      unread: { type: 'string' },
      rounds: { type: 'string' },
      conversations: { type: 'string' },
      messages: { type: 'string' },
      people: { type: 'string' },
      chunks: { type: 'string' },
      cache: { type: 'string' },
      peers: { type: 'string' },
      dimensions: { type: 'string' },
    },
  });
  const named = values as Record<string, string | boolean | undefined>;
  const database = values.database ?? env['BENCH_DATABASE_URL'] ?? env['TEST_DATABASE_URL'];
  return {
    command: positionals[0],
    options: {
      databaseUrl: database === undefined || database === '' || database === 'pglite' ? null : database,
      seed: Number(values.seed ?? 7),
      quick: values.quick,
      profileFolder: values.profile ?? null,
      out: values.out ?? null,
      number(name, fallback) {
        const value = named[name] === undefined ? fallback : Number(named[name]);
        if (!Number.isFinite(value)) throw new TypeError(`--${name} is a number`);
        return value;
      },
      list: (name) => (typeof named[name] === 'string' ? named[name].split(',') : null),
    },
  };
}
