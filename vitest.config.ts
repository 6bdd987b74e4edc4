import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'src/**/*.test.ts'],
    globalSetup: ['test/support/migrated-run.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine with much else to do takes longer than the second that is usual.
    expect: { poll: { timeout: 20_000 } },
    // One more than two cores: some tests wait for real leases. Each holds an embedded database of half a GB.
    maxWorkers: 3,
    pool: 'forks',
    // The application is loaded once for each worker and not for each file, which was a fifth of the time.
    isolate: false,
    // By Node itself, which strips the types and keeps what it has compiled; nothing here mocks a module.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    execArgv: ['--import=./bin/light-modules.mjs'],
  },
});
