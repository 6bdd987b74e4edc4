import type { Scenario } from '../scenario.ts';
import { runTests } from '../support/run-tests.ts';

/** Requests and files that were made to hurt, all of them. */
export const hostileInput: Scenario = {
  name: 'hostile-input',
  checks: ['P16'],
  promise: 'Hostile requests and files are refused with a reason by the same process',
  protocol:
    'malformed multiparts, deep and wide JSON, ill-formed Unicode, wrong types on every route, every hostile file of the corpora',
  databases: ['pglite'],
  minutes: 8,
  needsQuiet: true,
  run: () =>
    runTests([
      'test/http/input.test.ts',
      'test/http/strict-input.test.ts',
      'test/http/wrong-types.test.ts',
      'test/formats/hostile.test.ts',
      'test/formats/sandbox.test.ts',
      'test/formats/filings.test.ts',
      'test/house/linear-patterns.test.ts',
    ]),
};
