import { parseArgs } from 'node:util';
import { minutesOfAll } from './run-all.ts';
import type { DatabaseKind } from './scenario.ts';

export interface TortureOptions {
  seed: number;
  /** For everything together; some scenarios alone have their share of it. */
  minutes: number;
  /** Names of scenarios; empty for all of them. */
  only: string[];
  databases: DatabaseKind[];
  isSmoke: boolean;
  /** Where the report is written or brought up to date: `FOLDER/reliability.json` and `.md`; null for nowhere. */
  out: string | null;
}

export class OptionsError extends Error {
  override name = 'OptionsError';
}

export const usage = `npm run torture -- [--seed N] [--minutes M] [--only NAME]... [--database pglite|postgres|both] [--smoke] [--out FOLDER]
  --seed      repeats the choices of a run (default: drawn, and printed)
  --minutes   for everything together, more or less (default ${minutesOfAll}); with --only the same share of it
  --only      a scenario, once for each
  --database  which ones (default both; postgres needs TEST_DATABASE_URL, which scripts/with-postgres.sh sets)
  --smoke     seconds instead of minutes, as npm test runs it
  --out       folder for reliability.json and reliability.md; rows of what did not run now stay as they are`;

/** @throws OptionsError with a sentence */
export function readOptions(args: readonly string[], names: readonly string[]): TortureOptions {
  const { values } = parse(args);
  const only = values.only ?? [];
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new OptionsError(`There is no scenario ${unknown}: ${names.join(', ')}.`);
  return {
    seed: wholeNumber('--seed', values.seed) ?? Math.floor(Math.random() * 1e9),
    minutes: wholeNumber('--minutes', values.minutes) ?? minutesOfAll,
    only,
    databases: databasesOf(values.database ?? 'both'),
    isSmoke: values.smoke === true,
    out: values.out ?? null,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        minutes: { type: 'string' },
        only: { type: 'string', multiple: true },
        database: { type: 'string' },
        smoke: { type: 'boolean' },
        out: { type: 'string' },
      },
    });
  } catch (cause) {
    throw new OptionsError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new OptionsError(`${name} is a whole number.`);
  return number;
}

function databasesOf(value: string): DatabaseKind[] {
  if (value === 'both') return ['pglite', 'postgres'];
  if (value === 'pglite' || value === 'postgres') return [value];
  throw new OptionsError('--database is pglite, postgres or both.');
}
