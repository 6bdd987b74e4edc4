import { basename } from 'node:path';
import { type Collection, type Place, type Question, wholePool } from './collection.ts';
import {
  conversationOf,
  type Passage,
  readJudgements,
  readPassages,
  readQueries,
  readScopes,
} from './datasets.ts';
import { EvalError } from './eval-error.ts';
import { findFile, nameOf, queryFiles, requireFile } from './folder-files.ts';
import { packPassages } from './pack-passages.ts';
import type { EvalOptions } from './options.ts';

export const corpusNames = ['corpus.jsonl.gz', 'corpus.jsonl'];

/** `corpus.jsonl[.gz]`, queries and judgements, as one conversation or, by `scopes.jsonl`, as several. */
export function readPassageCollection(
  folder: string,
  options: Pick<EvalOptions, 'queries' | 'qrels' | 'pool'>,
): Collection {
  const passages = readPassages(requireFile(folder, 'passages', corpusNames));
  const { queries, qrels } = queryFiles(folder, options);
  const asked = readQueries(queries).filter((query) => query.text !== '');
  const scopes = chooseScopes(folder, passages, options.pool);
  const questions = asked.map((query): Question => ({
    ...query,
    place: scopes === null ? wholePool : conversationOf(query.id),
  }));
  const named = basename(queries)
    .replace(/\.jsonl$/, '')
    .replace(/_?queries_?/, ' ')
    .trim();
  return {
    name: [nameOf(folder), named, scopes === null ? 'whole pool' : 'own conversation']
      .filter(Boolean)
      .join(', '),
    folder,
    places:
      scopes === null
        ? [{ key: wholePool, files: packPassages(passages) }]
        : placesOf(scopes, passages, questions),
    questions,
    judgements: qrels === undefined ? null : readJudgements(qrels),
  };
}

type Scopes = ReadonlyMap<string, readonly string[]>;

/** Null: one conversation has everything. Sets whose passages are each in one conversation are meant to be parted. */
function chooseScopes(
  folder: string,
  passages: readonly Passage[],
  pool: EvalOptions['pool'],
): Scopes | null {
  if (pool === 'all') return null;
  const path = findFile(folder, ['scopes.jsonl']);
  if (path === undefined) {
    if (pool === 'own')
      throw new EvalError(
        `${folder} has no scopes.jsonl, so --scopes cannot tell which passages belong where.`,
      );
    return null;
  }
  const scopes = readScopes(path);
  const places = [...scopes.values()].reduce((sum, ids) => sum + ids.length, 0);
  return pool === 'own' || places <= passages.length ? scopes : null;
}

function placesOf(scopes: Scopes, passages: readonly Passage[], questions: readonly Question[]): Place[] {
  const known = new Map(passages.map((passage) => [passage.id, passage]));
  const wanted = new Set(questions.map((question) => question.place));
  return [...scopes]
    .filter(([key]) => wanted.has(key))
    .map(([key, ids]) => ({ key, files: packPassages(ids.flatMap((id) => known.get(id) ?? [])) }));
}
