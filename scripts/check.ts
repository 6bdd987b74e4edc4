/** `npm run check`: everything that can be told without running the product, all of it even when one part fails. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Check {
  name: string;
  /** Arguments of node. */
  command: string[];
  /** Why the check cannot run here; without it, it runs. */
  skipped?: string;
}

const root = resolve(import.meta.dirname, '..');
const CHECKS: Check[] = [
  // First: it writes what the web app's tsconfig extends, which lint reads.
  webCheck(),
  { name: 'format', command: ['node_modules/oxfmt/bin/oxfmt', '--check'] },
  { name: 'lint', command: ['node_modules/oxlint/bin/oxlint'] },
  { name: 'types', command: ['node_modules/typescript7/bin/tsc', '--noEmit'] },
  { name: 'layers', command: ['scripts/check-layers.ts'] },
  {
    name: 'openapi',
    command: ['scripts/check-openapi.ts'],
    skipped: unlessThere('src/http/build-openapi.ts'),
  },
  { name: 'exports', command: ['scripts/check-exports.ts'] },
  { name: 'kernel', command: ['scripts/build-vector-kernel.ts'] },
  { name: 'openapi-lint', command: ['scripts/lint-openapi.mjs'] },
  { name: 'checks', command: ['scripts/check-checks.ts'] },
  { name: 'docs', command: ['scripts/check-docs.ts'] },
  { name: 'lockfile', command: ['scripts/check-lockfile.ts'] },
  { name: 'notice', command: ['scripts/notice.ts'] },
];

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
for (const check of CHECKS) runCheck(check);

const reportFile = process.env['CHECK_REPORT_FILE'];
if (reportFile) writeFileSync(reportFile, `${JSON.stringify(counts)}\n`);
console.log(
  failures.length === 0
    ? `All ${counts.passed} checks passed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}.`
    : `Failed: ${failures.join(', ')}.`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

function runCheck({ name, command, skipped }: Check): void {
  if (skipped !== undefined) {
    counts.skipped += 1;
    console.log(`${name.padEnd(12)} skipped, ${skipped}`);
    return;
  }
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: 'utf8',
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (status === 0) {
    counts.passed += 1;
    console.log(`${name.padEnd(12)} ok      ${seconds} s`);
    return;
  }
  counts.failed += 1;
  failures.push(name);
  console.log(`${name.padEnd(12)} FAILED  ${seconds} s`);
  console.log(`${stdout}${stderr}${error?.message ?? ''}`.trimEnd());
}

function unlessThere(path: string): string | undefined {
  return existsSync(resolve(root, path)) ? undefined : `there is no ${path}`;
}

/** The web workspace checks itself with its own script; npm, which started this one, runs it. */
function webCheck(): Check {
  const manifest = JSON.parse(readFileSync(resolve(root, 'web/package.json'), 'utf8')) as {
    scripts?: Record<string, string>;
  };
  const npm = process.env['npm_execpath'];
  if (!manifest.scripts?.['check']) return { name: 'web', command: [], skipped: 'it has no check script' };
  if (!npm) return { name: 'web', command: [], skipped: 'start it with npm run check' };
  return { name: 'web', command: [npm, 'run', '--silent', 'check', '-w', 'web'] };
}
