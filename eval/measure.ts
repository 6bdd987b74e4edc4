import { basename } from 'node:path';
import type { Client } from '@alcove/client';
import type { Collection } from './collection.ts';
import { readRun } from './datasets.ts';
import { ingest } from './ingest.ts';
import { evaluate, type Evaluation } from './metrics.ts';
import type { EvalOptions } from './options.ts';
import { print, printComparison, printMissed, printScores } from './report.ts';
import { pathFor, ranksOf, writeRun } from './run-file.ts';
import { say } from './say.ts';
import { search } from './search.ts';

/** Reads the documents of a collection, asks its questions, prints the scores and writes the run. */
export async function measure(
  client: Client,
  collection: Collection,
  { strategy, out, compare, limit }: Pick<EvalOptions, 'strategy' | 'out' | 'compare' | 'limit'>,
  isOneOfSeveral: boolean,
): Promise<Evaluation | null> {
  const { folder, judgements, places } = collection;
  const part = isOneOfSeveral ? basename(folder) : null;
  say(`${collection.name}, ${strategy}`);
  const indexed = await ingest(client, places);
  const run = await search(client, indexed, collection.questions.slice(0, limit), strategy);
  if (out !== undefined) writeRun(pathFor(out, part), run);
  if (judgements === null) {
    print(`${collection.name}: no judgements; the run is in ${pathFor(out ?? '', part)}`);
    return null;
  }
  const judged = Number.isFinite(limit)
    ? new Map([...judgements].filter(([query]) => run.has(query)))
    : judgements;
  const scores = evaluate(ranksOf(run), judged);
  printScores(`${collection.name}, ${strategy}`, scores);
  printMissed(indexed.missed);
  if (compare !== undefined) {
    const other = pathFor(compare, part);
    printComparison(other, scores, evaluate(readRun(other), judged));
  }
  for (const id of indexed.conversations.values()) await client.conversations.delete(id);
  return scores;
}
