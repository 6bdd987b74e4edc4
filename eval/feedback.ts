import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createAnalyzer } from '../src/indexing/analyze.ts';
import { type Background, readBackground } from '../src/indexing/background.ts';
import { searchKeyword } from '../src/indexing/bm25.ts';
import type { QueryPart } from '../src/indexing/query-terms.ts';
import { conversationOf, type Dataset, readDataset } from './datasets.ts';
import { evaluate, type Run } from './metrics.ts';
import { indexPassages, type PassageIndex } from './passage-index.ts';
import { print, printComparison, printLine } from './report.ts';

/** Words are taken from so many passages of the first search, and so many of them. */
const passagesRead = 5;
const wordsTaken = 10;
/** The best of these words weighs so much beside a word of the question. */
const weights = [0.1, 0.3];
const depth = 100;

const sets: readonly { set: string; queries?: string; scoped?: boolean }[] = [
  { set: 'scifact' },
  { set: 'xquad/en' },
  { set: 'xquad/de' },
  { set: 'xquad/zh' },
  { set: 'tatqa' },
  { set: 'locomo', scoped: true },
  { set: 'mtrag/fiqa', queries: 'queries_lastturn.jsonl', scoped: true },
  { set: 'mtrag/cloud', queries: 'queries_lastturn.jsonl', scoped: true },
];

/**
 * Keyword search with and without words that its own first passages suggest (RM3: Lavrenko and Croft 2001, Jaleel and
 * others 2004), on the open sets.
 */
export function measureFeedback(folder: string): void {
  const background = readBackground();
  for (const { set, queries, scoped } of sets) {
    if (!existsSync(join(folder, set))) continue;
    const dataset = readDataset(join(folder, set), queries === undefined ? {} : { queries });
    const plain = runAll(dataset, scoped === true, background, null);
    const before = evaluate(plain, dataset.judgements);
    print('');
    printLine(`${set}, as it is`, before);
    for (const weight of weights) {
      const after = evaluate(runAll(dataset, scoped === true, background, weight), dataset.judgements);
      printComparison(`${set}, feedback ${weight}`, after, before);
    }
  }
}

interface Pool extends PassageIndex {
  texts: string[];
}

function runAll(dataset: Dataset, scoped: boolean, background: Background, weight: number | null): Run {
  const byId = new Map(dataset.passages.map((passage) => [passage.id, passage]));
  const pools = new Map<string, Pool>();
  const poolOf = (name: string, passages: Dataset['passages']): Pool => {
    const pool = pools.get(name) ?? { ...indexPassages(passages), texts: passages.map(({ text }) => text) };
    pools.set(name, pool);
    return pool;
  };
  return new Map(
    dataset.queries.map(({ id, text }) => {
      const name = scoped ? conversationOf(id) : 'all';
      const own = scoped
        ? (dataset.scopes?.get(name) ?? []).flatMap((one) => byId.get(one) ?? [])
        : dataset.passages;
      return [id, search(poolOf(name, own), text, background, weight)] as const;
    }),
  );
}

function search(pool: Pool, question: string, background: Background, weight: number | null): string[] {
  const find = (parts: QueryPart[]) => searchKeyword([pool.segment], parts, { k: depth, background });
  const own = { text: question, weight: 1 };
  const first = find([own]);
  if (weight === null || first.length === 0) return first.map(({ ordinal }) => pool.ids[ordinal]!);
  const best = first.slice(0, passagesRead);
  const suggested = suggest(best, pool, question);
  const most = suggested[0]?.score ?? 1;
  const parts = suggested.map(({ word, score }) => ({ text: word, weight: (weight * score) / most }));
  return find([own, ...parts]).map(({ ordinal }) => pool.ids[ordinal]!);
}

/** Words that are frequent in the best passages and rare in the pool, best first. */
function suggest(best: readonly { ordinal: number; score: number }[], pool: Pool, question: string) {
  const analyze = createAnalyzer(pool.segment.language);
  const asked = new Set(analyze(question));
  const spread = spreadOf(pool, analyze);
  const total = best.reduce((sum, { score }) => sum + score, 0);
  const scores = new Map<string, number>();
  for (const { ordinal, score } of best) {
    const terms = analyze(pool.texts[ordinal] ?? '');
    for (const term of terms)
      if (!asked.has(term)) scores.set(term, (scores.get(term) ?? 0) + score / total / terms.length);
  }
  return [...scores]
    .map(([term, share]) => ({
      word: term,
      score: share * Math.log(1 + pool.texts.length / (spread.get(term) ?? 1)),
    }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, wordsTaken);
}

const spreads = new WeakMap<Pool, Map<string, number>>();

/** In how many passages each term stands. */
function spreadOf(pool: Pool, analyze: (text: string) => string[]): Map<string, number> {
  const known = spreads.get(pool);
  if (known !== undefined) return known;
  const spread = new Map<string, number>();
  for (const text of pool.texts)
    for (const term of new Set(analyze(text))) spread.set(term, (spread.get(term) ?? 0) + 1);
  spreads.set(pool, spread);
  return spread;
}
