/**
 * `npm test [-- FILTER...]`: every test on the embedded database, then, with `TEST_DATABASE_URL`, the
 * database-facing ones again on that PostgreSQL server, and with `TEST_CITUS_URL` some on that coordinator of Citus
 * (`--citus`: those alone, `--all`: all of them). Tests read `ALCOVE_TEST_DB` to know which one is meant.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { neverOnCitus, quickOnCitus } from './citus-tests.ts';
import { findBrowser } from './find-browser.ts';
import {
  addCounts,
  countReport,
  formatCounts,
  listFailures,
  noTests,
  type TestCounts,
} from './test-counts.ts';

interface EndedRun extends TestCounts {
  /** What failed, in words. */
  failures: string[];
  /** Tests of the browser that held at their second try. */
  flaky: string[];
}

type TestDatabaseKind = 'pglite' | 'postgres' | 'citus';

// These never open a database, so a second run would only repeat the first.
const WITHOUT_DATABASE = [
  'test/{formats,indexing,models,house,eval}/**',
  'src/**',
  // The same to a browser, a package and a model on disk, whatever the database: what a database can change of them,
  // web-app and sharing try.
  'test/web/{access,answers,client-streams,comfort,composer,copy-answer,describe-error,documents,footnotes,forgotten-password,german-sentences,highlight,install,keyboard,late-pages,locate,long-chat,long-library,markdown,nothing-lost,organising,pace,pages,palette,panes,phone,preferences,sessions,settings,shared-page,show-name,stage-lines,statistics,updated,uploads,viewer}.test.ts',
  'test/install/package.test.ts',
  'test/cli/models.test.ts',
  // Requests and readers that no row comes of.
  'test/http/{slow-clients,unread-streams,wrong-types}.test.ts',
];
const root = resolve(import.meta.dirname, '..');

// What kills, waits for leases or drives a browser for long: most have a quicker neighbour in the ordinary run, and
// all of them are part of the full one.
const LONG = [
  'test/accounts/first-account.test.ts',
  'test/cli/{doctor,exchange,models}.test.ts',
  'test/documents/{changed-dimension,copying,restoring,vectors-once}.test.ts',
  'test/durability/embedded-thread.test.ts',
  'test/eval/{command,measure}.test.ts',
  'test/exchange/{imported-documents,large-imports}.test.ts',
  'test/files/{backup,data-folder,restore-replace}.test.ts',
  'test/formats/filings.test.ts',
  'test/http/unread-streams.test.ts',
  'test/install/{package,settings}.test.ts',
  'test/schema/{repair,start}.test.ts',
  'test/sharing/{taking-part,taking-part-repeats}.test.ts',
  'test/web/{access,answers,cited-pages,comfort,composer,copy-answer,documents,footnotes,highlight,late-pages,long-chat,long-library,nothing-lost,organising,pages,palette,panes,phone,preferences,sessions,settings,shared-page,statistics,updated,uploads,viewer}.test.ts',
  'test/web/{first-account,forgotten-password,install,keyboard,sharing}.test.ts',
];
// Nothing in these is the embedded database's own: with `ALCOVE_LONG_TESTS=server` the server alone goes through them.
const LONG_AND_ALIKE = [
  'test/accounts/{deletion,sign-in-limits,streams}.test.ts',
  'test/answers/{provider-faults,stop-while-stopping,suggested-questions}.test.ts',
  'test/changes/events.test.ts',
  'test/cli/{commands,exchange,log,users}.test.ts',
  'test/conversations/{deletion,retention}.test.ts',
  'test/documents/{changed-dimension,embedding-cache,empty-vectors,missing-original,moved-meanwhile,re-embed,refused-uploads}.test.ts',
  'test/documents/{reindexing,replacing,text-recognition,transfers}.test.ts',
  'test/durability/{slow-database,work-kill}.test.ts',
  'test/exchange/{imported-documents,large-imports,redis}.test.ts',
  'test/files/{bucket,reconcile}.test.ts',
  'test/http/{generated-client,settled-effects}.test.ts',
  'test/isolation/{fuzz,fuzz-reach}.test.ts',
  'test/retrieval/{large-conversations,left-callers,scope-and-cache,segment-memory,unreadable-segments}.test.ts',
  'test/web/interrupted.test.ts',
];
const isFull = process.env['ALCOVE_CORPORA'] === 'full';
const hasServer = Boolean(process.env['TEST_DATABASE_URL']);
const isLongOnServer = hasServer && process.env['ALCOVE_LONG_TESTS'] === 'server';
const names = { pglite: 'embedded PGlite', postgres: 'PostgreSQL', citus: 'Citus' };

const filters = process.argv.slice(2).filter((one) => one !== '--citus' && one !== '--all');
const isAll = process.argv.includes('--all');
const onlyCitus = process.argv.includes('--citus');
const embedded = onlyCitus ? undefined : runVitest('pglite', filters);
const server = !onlyCitus && hasServer ? runVitest('postgres', filters) : undefined;
const citus = process.env['TEST_CITUS_URL']
  ? runVitest('citus', filters.length > 0 || isAll ? filters : braced(quickOnCitus))
  : undefined;
const total = [embedded, server, citus].reduce<TestCounts>(
  (sum, counts) => addCounts(sum, counts ?? noTests()),
  noTests(),
);

if (embedded) console.log(`PGlite: ${formatCounts(embedded)}`);
console.log(server ? `PostgreSQL: ${formatCounts(server)}` : 'PostgreSQL: not run, set TEST_DATABASE_URL');
console.log(citus ? `Citus: ${formatCounts(citus)}` : 'Citus: not run, set TEST_CITUS_URL');
if (!findBrowser()) console.log('browser: not run, no Chromium found (set CHROMIUM_PATH)');
if (!existsSync(resolve(root, '../shared/data'))) console.log('corpora: not run, there is no ../shared/data');
if (isLongOnServer)
  console.log('PGlite: long stories that it shares with a server not run, unset ALCOVE_LONG_TESTS');
if (!isFull)
  console.log('samples: of what costs seconds each, and no long stories; ALCOVE_CORPORA=full for all');

const reportFile = process.env['TEST_REPORT_FILE'];
if (reportFile) writeFileSync(reportFile, `${JSON.stringify(total)}\n`);
for (const name of [embedded, server, citus].flatMap((ended) => ended?.flaky ?? []))
  console.log(`held at its second try only: ${name}`);
// Once more at the end, where somebody looks first, and where a log that is cut off still has them.
const failures = [embedded, server, citus].flatMap((ended) => ended?.failures ?? []);
if (reportFile && failures.length > 0)
  writeFileSync(`${reportFile}.failed.txt`, `${failures.join('\n\n')}\n`);
for (const failure of failures) console.log(`\nFAILED on ${failure}`);
if (total.passed + total.failed === 0) console.error('No test ran.');
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

/** Runs vitest once and counts its results; a crash without a failed test counts as one failure. */
function runVitest(database: TestDatabaseKind, args: string[]): EndedRun {
  console.log(`\nTests on ${names[database]}`);
  const folder = mkdtempSync(join(tmpdir(), 'alcove-test-report-'));
  const report = join(folder, 'report.json');
  const unhandled = join(folder, 'unhandled.json');
  const excluded = [
    ...(database === 'pglite' ? [] : WITHOUT_DATABASE),
    ...(database === 'citus' ? neverOnCitus : []),
    ...(isFull || isAll || args.length > 0 ? [] : [...LONG, ...LONG_AND_ALIKE]),
    ...(database === 'pglite' && isLongOnServer && args.length === 0 ? LONG_AND_ALIKE : []),
  ].map((glob) => `--exclude=${glob}`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const fixed = [
    'run',
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    `--reporter=${join(root, 'scripts/unhandled-errors.ts')}`,
    // The first test waits until the tables of the database that all copy are distributed.
    ...(database === 'citus' ? ['--hookTimeout=300000', '--testTimeout=120000'] : []),
  ];
  try {
    const { status } = spawnSync(process.execPath, [vitest, ...fixed, ...excluded, ...args], {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        ALCOVE_TEST_DB: database,
        UNHANDLED_FILE: unhandled,
        ...(database === 'citus' ? { TEST_DATABASE_URL: process.env['TEST_CITUS_URL'] } : {}),
      },
    });
    const told = existsSync(report) ? readFileSync(report, 'utf8') : null;
    const counts = told === null ? noTests() : countReport(told);
    const { errors, flaky } = existsSync(unhandled)
      ? (JSON.parse(readFileSync(unhandled, 'utf8')) as { errors: string[]; flaky: string[] })
      : { errors: [], flaky: [] };
    const failures = [...(told === null ? [] : listFailures(told, root)), ...errors];
    if (status !== 0 && counts.failed === 0) counts.failed = 1;
    if (status !== 0 && failures.length === 0)
      failures.push(`the run itself (exit code ${status ?? 'none'}); its log says why`);
    return { ...counts, failures: failures.map((failure) => `${names[database]}: ${failure}`), flaky };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** vitest takes parts of paths where it runs, and globs where it does not. */
function braced(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const [, before = '', inner, after = ''] = /^(.*)\{(.+)\}(.*)$/.exec(name) ?? [];
    return inner === undefined ? [name] : inner.split(',').map((one) => before + one + after);
  });
}
