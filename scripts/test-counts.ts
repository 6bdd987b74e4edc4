import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: {
    name?: string;
    status: string;
    message?: string;
    assertionResults: { status: string; fullName?: string; failureMessages?: string[] }[];
  }[];
}

const maxMessage = 1_500;

/** Counts of one JSON report of vitest. A file that could not be loaded holds no test and counts as one failure. */
export function countReport(json: string): TestCounts {
  const report = JSON.parse(json) as VitestReport;
  const failedInside = (file: VitestReport['testResults'][number]) =>
    file.assertionResults.some((result) => result.status === 'failed');
  const brokenFiles = report.testResults.filter((file) => file.status === 'failed' && !failedInside(file));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** What failed by one JSON report of vitest, each with its file below `root`, its name and the beginning of its message. */
export function listFailures(json: string, root: string): string[] {
  const report = JSON.parse(json) as VitestReport;
  return report.testResults.flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed');
    const broken =
      file.status === 'failed' && failed.length === 0 ? [{ failureMessages: [file.message ?? ''] }] : [];
    return [...broken, ...failed].map(({ failureMessages = [], ...test }) => {
      const name = [relative(root, file.name ?? ''), 'fullName' in test ? test.fullName : '']
        .filter(Boolean)
        .join(' > ');
      return `${name}\n${stripVTControlCharacters(failureMessages.join('\n')).slice(0, maxMessage)}`;
    });
  });
}

export function noTests(): TestCounts {
  return { passed: 0, failed: 0, skipped: 0 };
}

export function addCounts(a: TestCounts, b: TestCounts): TestCounts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** `12 passed, 0 failed`, with `, 3 skipped` behind it when some were. */
export function formatCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
