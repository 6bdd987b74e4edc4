import type { Scenario } from '../scenario.ts';
import { runTests } from '../support/run-tests.ts';

const requests = [
  'test/http/input.test.ts',
  'test/http/strict-input.test.ts',
  'test/http/wrong-types.test.ts',
];
/** These open no database. */
const files = [
  'test/formats/hostile.test.ts',
  'test/formats/sandbox.test.ts',
  'test/formats/filings.test.ts',
  'test/house/linear-patterns.test.ts',
];

/** Requests and files that were made to hurt, all of them. */
export const hostileInput: Scenario = {
  name: 'hostile-input',
  checks: ['P16'],
  promise: 'Hostile requests and files are refused with a reason by the same process',
  protocol:
    'malformed multiparts, deep and wide JSON, ill-formed Unicode, wrong types on every route; every hostile file of the corpora, which are read without a database, once',
  databases: ['pglite', 'postgres'],
  minutes: 8,
  needsQuiet: true,
  run: ({ database }) => runTests(database === 'pglite' ? [...requests, ...files] : requests),
};
