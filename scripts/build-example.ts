/** `node scripts/build-example.ts`: renders the documents of `examples/` from `examples/source/` with a Chromium. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findBrowser } from './find-browser.ts';
import { renderHandbook } from './render-handbook.ts';

const examples = resolve(import.meta.dirname, '../examples');
const report = join(examples, 'aurora-annual-report-2025.pdf');
const handbook = join(examples, 'aurora-crew-handbook.docx');

printReport(join(examples, 'source/aurora-annual-report-2025.html'), report);
writeFileSync(handbook, renderHandbook());
for (const path of [report, handbook])
  console.log(`${relative(process.cwd(), path)} (${Math.round(statSync(path).size / 1000)} kB)`);

function printReport(page: string, target: string): void {
  const browser = findBrowser();
  if (!browser) throw new Error('No Chromium found: install one or set CHROMIUM_PATH.');
  const profile = mkdtempSync(join(tmpdir(), 'alcove-example-'));
  try {
    // The page is our own, so the browser's sandbox, which root cannot have, guards nothing here.
    const options = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
    const { status, stderr } = spawnSync(
      browser,
      [...options, '--no-pdf-header-footer', `--print-to-pdf=${target}`, pathToFileURL(page).href],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`The browser failed: ${stderr}`);
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}
