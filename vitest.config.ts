import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    globalSetup: ['test/support/migrated-run.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Embedded PGlite takes over 1 GB while it is created; two files at a time fit a small machine.
    maxWorkers: 2,
    pool: 'forks',
  },
});
