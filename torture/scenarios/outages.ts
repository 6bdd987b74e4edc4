import type { Scenario } from '../scenario.ts';
import { runTests } from '../support/run-tests.ts';

/** What has a test of its own, in full. */
export const outages: Scenario = {
  name: 'outages',
  checks: ['P6', 'P7', 'P8', 'P9'],
  promise: 'Databases, providers, readers and replicas that go away and come back lose nothing',
  protocol:
    'a cluster of its own stopped and restarted, every fault of a provider, readers that leave, two servers',
  databases: ['pglite', 'postgres'],
  minutes: 5,
  needsQuiet: true,
  run: () =>
    runTests([
      'test/durability/database-outage.test.ts',
      'test/durability/replicas.test.ts',
      'test/durability/embedded-thread.test.ts',
      'test/answers/provider-faults.test.ts',
      'test/answers/resume.test.ts',
      'test/answers/lost-commits.test.ts',
    ]),
};
