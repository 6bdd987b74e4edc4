import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Collection } from './collection.ts';
import { EvalError } from './eval-error.ts';
import { readFilingCollection } from './filing-collection.ts';
import { findFile, isFolder, listOf } from './folder-files.ts';
import type { EvalOptions } from './options.ts';
import { corpusNames, readPassageCollection } from './passage-collection.ts';

type Reading = Pick<EvalOptions, 'folder' | 'queries' | 'qrels' | 'pool'>;

/** The set in a folder, or those in its folders; each is read when its turn comes. @throws EvalError for another shape */
export function* readCollections({ folder, ...options }: Reading): Generator<Collection> {
  for (const path of foldersOf(folder)) {
    yield isFilings(path) ? readFilingCollection(path, options) : readPassageCollection(path, options);
  }
}

/** The folders with a set each. @throws EvalError where there is none */
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

function hasShape(folder: string): boolean {
  return isFilings(folder) || findFile(folder, corpusNames) !== undefined;
}

function isFilings(folder: string): boolean {
  return isFolder(join(folder, 'pdfs')) && findFile(folder, ['documents.jsonl']) !== undefined;
}
