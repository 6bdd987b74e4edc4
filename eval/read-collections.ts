import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Collection } from './collection.ts';
import { EvalError } from './eval-error.ts';
import { readFilingCollection } from './filing-collection.ts';
import { findFile, isFolder, listOf } from './folder-files.ts';
import type { EvalOptions } from './options.ts';
import { corpusNames, readPassageCollection } from './passage-collection.ts';
import { readTurns } from './replay-turns.ts';

type Reading = Pick<EvalOptions, 'queries' | 'qrels' | 'pool' | 'out' | 'replay' | 'tasks'>;

/** The folders with a set each: the folder itself, or those in it. @throws EvalError where there is none */
export function foldersOf(folder: string): string[] {
  if (!isFolder(folder)) throw new EvalError(`There is no folder ${folder}.`);
  if (hasShape(folder)) return [folder];
  const below = readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name))
    .filter((path) => isFolder(path) && hasShape(path));
  if (below.length > 0) return below;
  throw new EvalError(
    `${folder} has neither ${corpusNames.join(' or ')} nor pdfs/ and documents.jsonl, and no folder in it has. Found ${listOf(folder)}.`,
  );
}

/** The set in a folder. @throws EvalError when a file is missing or broken, or there is nothing to do with it */
export function readCollection(folder: string, options: Reading): Collection {
  const collection = isFilings(folder)
    ? readFilingCollection(folder, options)
    : readPassageCollection(folder, options);
  if (options.replay) readTurns(folder, options.tasks);
  if (collection.judgements !== null) return collection;
  if (options.replay)
    throw new EvalError(`${folder} has no judgements, which --replay needs: give --qrels FILE.`);
  if (options.out === undefined)
    throw new EvalError(`${folder} has no judgements: give --qrels FILE, or --out FILE for the run alone.`);
  return collection;
}

function hasShape(folder: string): boolean {
  return isFilings(folder) || findFile(folder, corpusNames) !== undefined;
}

function isFilings(folder: string): boolean {
  return isFolder(join(folder, 'pdfs')) && findFile(folder, ['documents.jsonl']) !== undefined;
}
