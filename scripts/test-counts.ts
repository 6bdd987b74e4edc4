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
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

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
