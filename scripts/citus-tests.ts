/** What several machines could change: the founding examples, isolation, durability, deletion, rows that move, results. */
export const quickOnCitus = [
  'test/http/founding-examples.test.ts',
  'test/isolation/{layers,routes}.test.ts',
  'test/conversations/{deletion,organising,retention}.test.ts',
  'test/documents/{copying,deletion}.test.ts',
  'test/durability/append-kill.test.ts',
  'test/retrieval/same-results.test.ts',
  'test/search/search.test.ts',
  'test/citus/',
];

/** All but these runs with `--all`. Files, by why they are left out. */
const leftOut: Record<string, readonly string[]> = {
  'they bring a PostgreSQL of their own': [
    'test/durability/{database-outage,slow-database}.test.ts',
    'test/schema/{causes,ordinary-owner}.test.ts',
  ],
  'they open no database, or the embedded one alone': [
    'test/cli/settings.test.ts',
    'test/durability/{embedded-thread,outage-log}.test.ts',
    'test/files/{blob-store,bucket-url,durable-names}.test.ts',
    'test/isolation/{sweeps,types}.test.ts',
  ],
  'they try packages, proxies and settings, which every database has alike': ['test/install/**'],
  'they break a database by triggers, which Citus takes none of on its tables': [
    'test/http/settled-effects.test.ts',
  ],
  'they look at what the pool of a server sends, in whose place tests have one of their own there': [
    'test/durability/statements.test.ts',
  ],
};
export const neverOnCitus = Object.values(leftOut).flat();
