import type { Client } from '@alcove/client';
import type { Question } from './collection.ts';
import { inParallel } from './in-parallel.ts';
import type { Indexed } from './ingest.ts';
import type { EvalOptions } from './options.ts';
import { say, startTicker } from './say.ts';
import type { ScoredRun } from './run-file.ts';

/** As many chunks as the API gives: several may lie on one page. */
const topK = 50;
const questionsAtOnce = 4;

/** Asks each question in its conversation; those whose place has no conversation are left out. */
export async function search(
  client: Client,
  indexed: Indexed,
  questions: readonly Question[],
  strategy: EvalOptions['strategy'],
): Promise<ScoredRun> {
  const run: ScoredRun = new Map();
  const asked = questions.filter((question) => indexed.conversations.has(question.place));
  if (asked.length < questions.length)
    say(`  ${questions.length - asked.length} questions belong to no conversation`);
  const started = performance.now();
  let done = 0;
  const ticker = startTicker(() => say(`  asked ${done} of ${asked.length} questions`));
  try {
    const lists = await inParallel(asked, questionsAtOnce, async ({ text: query, place }) => {
      const { results } = await client.retrieve(indexed.conversations.get(place) ?? '', {
        query,
        strategy,
        top_k: topK,
      });
      done += 1;
      return indexed.rank(results);
    });
    for (const [at, { id }] of asked.entries()) run.set(id, lists[at] ?? []);
  } finally {
    ticker.stop();
  }
  say(`  asked ${asked.length} questions in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return run;
}
