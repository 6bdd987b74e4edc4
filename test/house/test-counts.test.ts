import { expect, test } from 'vitest';
import { addCounts, countReport, formatCounts } from '../../scripts/test-counts.ts';

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
