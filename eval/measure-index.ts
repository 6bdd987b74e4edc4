// Measures the pure index functions on a folder of datasets, without a database or a server:
//   node eval/measure-index.ts [--data ../shared/data] [--only mtrag]
// Each row: the dataset, the number of queries, recall, nDCG and MRR, the 95 % interval of nDCG@10, the reference.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readBackground } from '../src/indexing/background.ts';
import { searchKeyword } from '../src/indexing/bm25.ts';
import { fuse } from '../src/indexing/fusion.ts';
import { trusted, weightsFor } from '../src/indexing/weights.ts';
import { conversationOf, type Dataset, type DatasetFiles, readDataset, readRun } from './datasets.ts';
import { measureFilings } from './measure-filings.ts';
import { measureFollowUps } from './measure-followups.ts';
import { type Run, evaluate } from './metrics.ts';
import { indexPassages, type PassageIndex } from './passage-index.ts';
import { createRowPrinter } from './print-row.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(import.meta.dirname, '../../shared/data') },
    only: { type: 'string', default: '' },
  },
});
const background = readBackground();
const printRow = createRowPrinter(join(values.data, '../eval/baselines_open.txt'));

if (!existsSync(values.data)) {
  console.log(`Skipped: there is no folder ${values.data}. Name one with --data.`);
  process.exit(0);
}

measure('scifact');
for (const set of ['mtrag/fiqa', 'mtrag/cloud']) {
  for (const queries of ['lastturn', 'rewrite']) {
    measure(set, { queries: `queries_${queries}.jsonl` }, `${set} ${queries}`, {
      scoped: true,
      fused: `runs/bge_base_1.5.${queries}.jsonl.gz`,
    });
  }
  measure(
    set,
    { queries: 'un_queries_lastturn.jsonl', judgements: 'un_qrels.tsv' },
    `${set} second set (un)`,
  );
  if (set.includes(values.only) && has(set))
    measureFollowUps(join(values.data, set), set, background, printRow);
}
measure('tatqa');
measure('locomo', {}, 'locomo', { scoped: true });
for (const language of ['en', 'es', 'de', 'ro', 'el', 'ru', 'tr', 'ar', 'hi', 'vi', 'th', 'zh'])
  measure(`xquad/${language}`);
if ('financebench'.includes(values.only) && has('financebench'))
  measureFilings(join(values.data, 'financebench'), background, printRow);

function has(set: string): boolean {
  return existsSync(join(values.data, set));
}

function measure(
  set: string,
  files: DatasetFiles = {},
  label = set,
  also: { scoped?: boolean; fused?: string } = {},
): void {
  if (!label.includes(values.only) || !has(set)) return;
  const dataset = readDataset(join(values.data, set), files);
  const pool = indexPassages(dataset.passages);
  const run: Run = new Map(dataset.queries.map(({ id, text }) => [id, search(pool, text)]));
  printRow(label, evaluate(run, dataset.judgements));
  if (also.scoped) printRow(`${label}, own conversation`, evaluate(runScoped(dataset), dataset.judgements));
  if (also.fused) printFused(label, run, dataset, join(values.data, set, also.fused));
}

/** Each query among its own conversation's passages alone. */
function runScoped(dataset: Dataset): Run {
  const passages = new Map(dataset.passages.map((passage) => [passage.id, passage]));
  const scopes = Array.from(dataset.scopes ?? [], ([conversation, ids]) => {
    return [conversation, indexPassages(ids.flatMap((id) => passages.get(id) ?? []))] as const;
  });
  const indexes = new Map(scopes);
  return new Map(
    dataset.queries.flatMap(({ id, text }) => {
      const index = indexes.get(conversationOf(id));
      return index ? [[id, search(index, text)]] : [];
    }),
  );
}

function printFused(label: string, keyword: Run, dataset: Dataset, path: string): void {
  if (!existsSync(path)) return;
  const vector = readRun(path);
  const weights = weightsFor('bge-base-en-v1.5') ?? trusted;
  const fused = dataset.queries.map(({ id }) => {
    const lists = [
      { ids: keyword.get(id) ?? [], weight: weights.keyword },
      { ids: vector.get(id) ?? [], weight: weights.vector },
    ];
    return [id, fuse(lists).map((hit) => hit.id)] as const;
  });
  printRow(`${label}, BGE alone`, evaluate(vector, dataset.judgements));
  printRow(`${label}, fused with BGE`, evaluate(new Map(fused), dataset.judgements));
}

function search(index: PassageIndex, text: string): string[] {
  return searchKeyword([index.segment], text, { k: 100, background }).map((hit) => index.ids[hit.ordinal]!);
}
