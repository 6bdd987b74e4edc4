/** `node scripts/check-checks.ts [--write]`: `docs/checks.md` says which test tries what, and each of them is there. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { scenarios } from '../torture/scenarios.ts';

/** What is tried from outside, as a row of `checks.json`. */
interface Check {
  id: string;
  /** What is given, what happens, and what must come of it. */
  what: string;
  /** `file: part of the test's name`, files below `test/` without `.test.ts`; `torture: scenario`. */
  tests: string[];
  /** Why nothing tries it, or what of it nothing tries. */
  open?: string;
}

const root = resolve(import.meta.dirname, '..');
const checks = JSON.parse(readFileSync(resolve(root, 'scripts/checks.json'), 'utf8')) as Check[];
const page = resolve(root, 'docs/checks.md');

/** What is wrong with the list: tests that are not there, and checks with neither a test nor a reason. */
function wrongs(): string[] {
  return checks.flatMap(({ id, tests, open }) => [
    ...tests.flatMap((test) => wrongOf(test).map((wrong) => `${id}: ${wrong}`)),
    ...(tests.length === 0 && open === undefined ? [`${id}: no test, and no reason why`] : []),
  ]);
}

function wrongOf(test: string): string[] {
  const [file, name] = partsOf(test);
  if (file === 'torture')
    return scenarios.some((one) => one.name === name) ? [] : [`there is no scenario ${name}`];
  const path = pathOf(file);
  if (!existsSync(resolve(root, path))) return [`there is no ${path}`];
  return readFileSync(resolve(root, path), 'utf8').includes(name)
    ? []
    : [`no test of ${path} says "${name}"`];
}

function partsOf(test: string): [string, string] {
  const at = test.indexOf(': ');
  return [test.slice(0, at), test.slice(at + 2)];
}

function pathOf(file: string): string {
  return `test/${file}.test.ts`;
}

function pageOf(): string {
  const open = checks.filter((check) => check.open !== undefined);
  return `# What is tried from outside

Each row is something that was forgotten somewhere before, in this product or another of its kind, and the tests that try
it. Names are parts of the tests' own names; \`npm run check\` fails when one of them is not there any more. This page is
made by \`npm run checks\` from \`scripts/checks.json\`. What the scenarios of \`npm run torture\` found last stands in
[reliability.md](reliability.md).

${checks.length - open.length} of ${checks.length} rows have a test. The others say why not.

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
