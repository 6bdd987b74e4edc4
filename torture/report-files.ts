import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Outcome, tableOf } from './report.ts';
import { scenarios } from './scenarios.ts';

/**
 * Puts an outcome into `reliability.json` (for machines) and `reliability.md` (for people) of the folder, in place of an
 * earlier one of that scenario on that database. One after the other.
 */
export async function noteInReport(folder: string, outcome: Outcome): Promise<void> {
  const others = (await readReport(folder)).filter((one) => !isOfTheSame(one, outcome));
  const outcomes = [...others, outcome].toSorted(
    (a, b) => orderOf(a.name) - orderOf(b.name) || a.database.localeCompare(b.database),
  );
  await mkdir(folder, { recursive: true });
  await replace(join(folder, 'reliability.json'), `${JSON.stringify({ outcomes }, null, 2)}\n`);
  await replace(join(folder, 'reliability.md'), `${tableOf(outcomes)}\n`);
}

/** Nothing where there is no report yet. */
async function readReport(folder: string): Promise<Outcome[]> {
  const text = await readFile(join(folder, 'reliability.json'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  });
  const { outcomes = [] } = JSON.parse(text) as { outcomes?: Outcome[] };
  // Rows of scenarios that were renamed say nothing about this version.
  return outcomes.filter(({ name, run }) => run !== undefined && orderOf(name) >= 0);
}

function isOfTheSame(one: Outcome, other: Outcome): boolean {
  return one.name === other.name && one.database === other.database;
}

function orderOf(name: string): number {
  return scenarios.findIndex((scenario) => scenario.name === name);
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}
