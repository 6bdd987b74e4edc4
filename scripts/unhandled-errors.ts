import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter } from 'vitest/node';

/** Writes what no test waited for, which vitest's own JSON report leaves out, to the file that `UNHANDLED_FILE` names. */
export default class UnhandledErrors implements Reporter {
  onTestRunEnd(_modules: unknown, errors: readonly object[]): void {
    const file = process.env['UNHANDLED_FILE'];
    if (file !== undefined) writeFileSync(file, JSON.stringify(errors.map(tell)));
  }
}

/** Vitest adds where it was; the types of it do not say so. */
function tell(error: object): string {
  const { message, stack, VITEST_TEST_PATH, VITEST_TEST_NAME } = error as Record<string, unknown>;
  const where = [VITEST_TEST_PATH, VITEST_TEST_NAME].filter((one) => typeof one === 'string').join(' > ');
  return `${where}: nobody waited for this\n${stripVTControlCharacters(String(stack ?? message))}`;
}
