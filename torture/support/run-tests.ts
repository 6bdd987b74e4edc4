import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { countReport } from '../../scripts/test-counts.ts';
import type { Figures } from '../scenario.ts';
import { mustBe } from './claims.ts';

const root = resolve(import.meta.dirname, '../..');

/** Test files in full, with every document of the corpora. @throws BrokenPromise when one of their tests fails */
export async function runTests(files: readonly string[]): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-torture-tests-'));
  const report = join(folder, 'report.json');
  try {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const child = spawn(
      process.execPath,
      [vitest, 'run', '--reporter=json', `--outputFile.json=${report}`, ...files],
      { cwd: root, stdio: 'ignore', env: { ...process.env, ALCOVE_CORPORA: 'full' } },
    );
    await once(child, 'exit');
    const text = await readFile(report, 'utf8');
    const { passed, failed, skipped } = countReport(text);
    mustBe(failed === 0 && passed > 0, () => `${failed} tests failed: ${failuresIn(text).join('; ')}`);
    return { 'tests held': passed, ...(skipped > 0 ? { 'not run here': skipped } : {}) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failuresIn(text: string): string[] {
  const { testResults } = JSON.parse(text) as {
    testResults: {
      name: string;
      assertionResults: { status: string; fullName: string; failureMessages?: string[] }[];
    }[];
  };
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(
        ({ fullName, failureMessages = [] }) => `${fullName} (${failureMessages[0]?.split('\n')[0] ?? ''})`,
      ),
  );
}
