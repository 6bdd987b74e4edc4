import { writeFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Writes what vitest's own JSON report leaves out to the file that `UNHANDLED_FILE` names: what no test waited for, and
 * which tests held at their second try only.
 */
export default class UnhandledErrors implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly object[]): void {
    const file = process.env['UNHANDLED_FILE'];
    const flaky = modules.flatMap(({ children, relativeModuleId }) =>
      [...children.allTests('passed')]
        .filter((test) => test.diagnostic()?.flaky === true)
        .map((test) => `${relativeModuleId} > ${test.fullName}`),
    );
    if (file !== undefined) writeFileSync(file, JSON.stringify({ errors: errors.map(tell), flaky }));
  }
}

/** Vitest adds where it was; the types of it do not say so. */
function tell(error: object): string {
  const { message, stack, VITEST_TEST_PATH, VITEST_TEST_NAME } = error as Record<string, unknown>;
  const where = [VITEST_TEST_PATH, VITEST_TEST_NAME].filter((one) => typeof one === 'string').join(' > ');
  return `${where}: nobody waited for this\n${stripVTControlCharacters(String(stack ?? message))}`;
}
