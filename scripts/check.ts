/** `npm run check`: everything that can be told without running the product, all of it even when one part fails. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Check {
  name: string;
  /** Arguments of node. */
  command: string[];
  /** The check is skipped while this file is absent. */
  needs?: string;
}

const root = resolve(import.meta.dirname, '..');
const CHECKS: Check[] = [
  { name: 'format', command: ['node_modules/oxfmt/bin/oxfmt', '--check'] },
  { name: 'lint', command: ['node_modules/oxlint/bin/oxlint'] },
  { name: 'types', command: ['node_modules/typescript7/bin/tsc', '--noEmit'] },
  { name: 'layers', command: ['scripts/check-layers.ts'] },
  { name: 'openapi', command: ['scripts/check-openapi.ts'], needs: 'src/http/openapi.ts' },
  { name: 'docs', command: ['scripts/check-docs.ts'] },
  ...webChecks(),
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

function runCheck({ name, command, needs }: Check): void {
  if (needs !== undefined && !existsSync(resolve(root, needs))) {
    counts.skipped += 1;
    console.log(`${name.padEnd(8)} skipped, there is no ${needs}`);
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
    console.log(`${name.padEnd(8)} ok      ${seconds} s`);
    return;
  }
  counts.failed += 1;
  failures.push(name);
  console.log(`${name.padEnd(8)} FAILED  ${seconds} s`);
  console.log(`${stdout}${stderr}${error?.message ?? ''}`.trimEnd());
}

/** The web workspace checks itself with its own script, once it has one. */
function webChecks(): Check[] {
  const manifest = JSON.parse(readFileSync(resolve(root, 'web/package.json'), 'utf8')) as {
    scripts?: Record<string, string>;
  };
  const script = manifest.scripts?.['check'];
  const npm = process.env['npm_execpath'];
  return script && npm ? [{ name: 'web', command: [npm, 'run', '--silent', 'check', '-w', 'web'] }] : [];
}
