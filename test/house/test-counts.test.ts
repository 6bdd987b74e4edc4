import { expect, test } from 'vitest';
import { addCounts, countReport, formatCounts, listFailures } from '../../scripts/test-counts.ts';

function report(counts: number[], files: { status: string; results: string[] }[]): string {
  const [numPassedTests, numFailedTests, numPendingTests, numTodoTests] = counts;
  const testResults = files.map(({ status, results }) => ({
    status,
    assertionResults: results.map((result) => ({ status: result })),
  }));
  return JSON.stringify({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults });
}

test('passed, failed and skipped tests are counted, open ones as skipped', () => {
  const files = [{ status: 'failed', results: ['passed', 'failed', 'skipped', 'todo'] }];
  expect(countReport(report([1, 1, 1, 1], files))).toEqual({ passed: 1, failed: 1, skipped: 2 });
});

test('a file that cannot be loaded counts as a failure, although none of its tests was seen', () => {
  const files = [
    { status: 'passed', results: ['passed'] },
    { status: 'failed', results: [] },
  ];
  expect(countReport(report([1, 0, 0, 0], files))).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

test('counts add up and name what was skipped only when something was', () => {
  const sum = addCounts({ passed: 2, failed: 0, skipped: 0 }, { passed: 1, failed: 1, skipped: 0 });
  expect(formatCounts(sum)).toBe('3 passed, 1 failed');
  expect(formatCounts({ ...sum, skipped: 4 })).toBe('3 passed, 1 failed, 4 skipped');
});

test('what failed is told with its file, its name and the beginning of its message; so is a file that did not load', () => {
  const testResults = [
    {
      name: '/here/test/a.test.ts',
      status: 'failed',
      assertionResults: [
        { status: 'passed', fullName: 'group one', failureMessages: [] },
        {
          status: 'failed',
          fullName: 'group two',
          failureMessages: [`\u001B[31mexpected\u001B[39m ${'x'.repeat(5000)}`],
        },
      ],
    },
    { name: '/here/test/b.test.ts', status: 'failed', message: 'SyntaxError: no', assertionResults: [] },
  ];
  const told = listFailures(JSON.stringify({ testResults }), '/here');
  expect(told.map((one) => one.slice(0, 42))).toEqual([
    'test/a.test.ts > group two\nexpected xxxxxx',
    'test/b.test.ts\nSyntaxError: no',
  ]);
  expect(told[0]?.length).toBeLessThan(2000);
});
