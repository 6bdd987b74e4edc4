/** `node scripts/check-checks.ts [--write]`: `docs/checks.md` says which test tries what, and each of them is there and runs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { scenarios } from '../torture/scenarios.ts';
import { findTests } from './find-tests.ts';

/** What is tried from outside, as a row of `checks.json`. */
interface Check {
  id: string;
  /** What is given, what happens, and what must come of it. */
  what: string;
  /** `file: part of a test's name`, groups included, files below `test/` without `.test.ts`; `torture: scenario`. */
  tests: string[];
  /** Why nothing tries it, or what of it nothing tries. */
  open?: string;
}

const root = resolve(import.meta.dirname, '..');
const { ids, checks } = JSON.parse(readFileSync(resolve(root, 'scripts/checks.json'), 'utf8')) as {
  /** Of everything that is to be tried, whether or not anything tries it. */
  ids: string[];
  checks: Check[];
};
/** What the ids mean in full is kept beside a checkout, not in it. */
const meanings = resolve(root, '../shared/CHECKS.md');
const page = resolve(root, 'docs/checks.md');

/** What is wrong with the list: ids without a row, tests that do not run, rows with neither a test nor a reason. */
function wrongs(): string[] {
  return [...wrongIds(), ...checks.flatMap(wrongsOf)];
}

function wrongIds(): string[] {
  const rows = checks.flatMap(({ id }) => idsOf(id));
  const asked = existsSync(meanings) ? idsIn(readFileSync(meanings, 'utf8')) : ids;
  return [
    ...asked.filter((id) => !ids.includes(id)).map((id) => `${id}: not among the ids of scripts/checks.json`),
    ...ids.filter((id) => !asked.includes(id)).map((id) => `${id}: nobody asks for it any more`),
    ...ids.filter((id) => !rows.includes(id)).map((id) => `${id}: no row`),
    ...rows
      .filter((id, at) => !ids.includes(id) || rows.indexOf(id) !== at)
      .map((id) => `${id}: a row too many`),
  ];
}

/** `I01-I03` are three. */
function idsOf(id: string): string[] {
  const [from = '', to = from] = id.split('-');
  const letter = from.slice(0, 1);
  const [low, high] = [Number(from.slice(1)), Number(to.slice(1))];
  const width = from.length - 1;
  return Array.from({ length: high - low + 1 }, (_, at) => letter + String(low + at).padStart(width, '0'));
}

/** Lines such as `- A01 what`, and rows such as `| P1 | what`. */
function idsIn(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const id = /^(?:- |\| )([A-Z]\d+(?:-[A-Z]\d+)?) /.exec(line)?.[1];
    return id === undefined ? [] : idsOf(id);
  });
}

function wrongsOf({ id, tests, open }: Check): string[] {
  return [
    ...tests.flatMap((test) => wrongOf(test).map((wrong) => `${id}: ${wrong}`)),
    ...(tests.length === 0 && open === undefined ? [`${id}: no test, and no reason why`] : []),
  ];
}

function wrongOf(test: string): string[] {
  const [file, name] = partsOf(test);
  if (file === 'torture')
    return scenarios.some((one) => one.name === name) ? [] : [`there is no scenario ${name}`];
  const path = pathOf(file);
  if (!existsSync(resolve(root, path))) return [`there is no ${path}`];
  return testsOf(path).some((test) => test.includes(name))
    ? []
    : [`no test of ${path} that runs is named "${name}"`];
}

const known = new Map<string, string[]>();
function testsOf(path: string): string[] {
  const tests = known.get(path) ?? findTests(path, readFileSync(resolve(root, path), 'utf8'));
  known.set(path, tests);
  return tests;
}

function partsOf(test: string): [string, string] {
  const at = test.indexOf(': ');
  return [test.slice(0, at), test.slice(at + 2)];
}

function pathOf(file: string): string {
  return `test/${file}.test.ts`;
}

function pageOf(): string {
  const tried = checks.filter(({ tests }) => tests.length > 0).length;
  const open = checks.filter((check) => check.open !== undefined).length;
  return `# What is tried from outside

Each row is something that was forgotten somewhere before, in this product or another of its kind, and the tests that try
it. The rows are kept by hand in \`scripts/checks.json\`, from which \`npm run checks\` makes this page. Names are parts of
the tests' own names; \`npm run check\` fails when a row names a test that is not there or is skipped, and when an id has
no row. That a test tries all that its row says is for its reader to judge. What the scenarios of \`npm run torture\`
found last stands in [reliability.md](reliability.md).

${tried} of ${checks.length} rows have a test. ${open} say what is **open**: what of them nothing tries, and why.

| Id | Given, when, then | Tried by |
| --- | --- | --- |
${checks.map(rowOf).join('\n')}
`;
}

function rowOf({ id, what, tests, open }: Check): string {
  const named = tests.map((test) => {
    const [file, name] = partsOf(test);
    if (file === 'torture') return `\`npm run torture -- --only ${name}\``;
    return `[${file}](../${pathOf(file)}): ${escape(name)}`;
  });
  return `| ${id} | ${escape(what)} | ${[...named, ...(open === undefined ? [] : [`**open**: ${open}`])].join('<br>')} |`;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('${', '&#36;{');
}

const found = wrongs();
const text = pageOf();
if (process.argv.includes('--write')) writeFileSync(page, text);
else if (!existsSync(page) || readFileSync(page, 'utf8') !== text)
  found.push('docs/checks.md is not current: npm run checks');
for (const wrong of found) console.error(wrong);
if (found.length === 0) console.log(`${checks.length} checks, and every test that they name is there.`);
process.exitCode = found.length === 0 ? 0 : 1;
