import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EvalError } from './eval-error.ts';

/** The first of these names that the folder has. */
export function findFile(folder: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(folder, name)).find((path) => existsSync(path));
}

/** @throws EvalError that names what was looked for and what is there */
export function requireFile(folder: string, what: string, names: readonly string[]): string {
  const found = findFile(folder, names);
  if (found !== undefined) return found;
  throw new EvalError(`${folder} has no ${what}: looked for ${names.join(' or ')}, found ${listOf(folder)}.`);
}

/** A file that an option names: in the folder, or by its path. */
export function namedFile(folder: string, option: string, names: readonly string[]): string {
  const found = findFile(folder, names) ?? names.find((name) => existsSync(name));
  if (found !== undefined) return found;
  throw new EvalError(`${option}: neither ${folder} nor this folder has ${names.join(' or ')}.`);
}

/** The queries file, and the judgements that belong to it. */
export function queryFiles(
  folder: string,
  options: { queries?: string | undefined; qrels?: string | undefined },
) {
  const queries =
    options.queries === undefined
      ? requireFile(folder, 'queries', ['queries.jsonl', 'queries_lastturn.jsonl'])
      : namedFile(folder, '--queries', [`queries_${options.queries}.jsonl`, options.queries]);
  const prefix = /^(.*?)queries/.exec(basename(queries))?.[1] ?? '';
  const qrels =
    options.qrels === undefined
      ? findFile(folder, [`${prefix}qrels.tsv`, 'page_qrels.tsv'])
      : namedFile(folder, '--qrels', [options.qrels]);
  return { queries, qrels };
}

/** The last two parts of the path tell the set. */
export function nameOf(folder: string): string {
  const path = resolve(folder);
  return join(basename(dirname(path)), basename(path));
}

export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

export function listOf(folder: string): string {
  const names = readdirSync(folder).toSorted();
  const shown = names.slice(0, 12).join(', ');
  return names.length === 0 ? 'nothing' : names.length > 12 ? `${shown}, ...` : shown;
}
