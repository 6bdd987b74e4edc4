import type { Answer, Client } from '@alcove/client';
import { inParallel } from '../in-parallel.ts';
import { ingest } from '../ingest.ts';
import { bootstrap } from '../metrics.ts';
import { print } from '../report.ts';
import { say, startTicker } from '../say.ts';
import { type AnswerSet, type ScoreName, scoreNames } from './answer-set.ts';
import { type AnswerScores, scoreAnswer } from './score-answer.ts';

const questionsAtOnce = 4;

/**
 * Asks the questions of a set of a server without a language model and prints what its quotations are worth.
 * @param each only every so many-th question
 * @returns the targets that were missed
 */
export async function measureAnswers(client: Client, set: AnswerSet, each: number): Promise<string[]> {
  say(set.name);
  const questions = set.questions.filter((_, at) => at % each === 0);
  const asked = new Set(questions.map(({ place }) => place));
  const indexed = await ingest(
    client,
    set.places.filter(({ key }) => asked.has(key)),
  );
  let done = 0;
  const ticker = startTicker(() => say(`  asked ${done} of ${questions.length} questions`));
  const scores = await inParallel(questions, questionsAtOnce, async (question) => {
    const answer = await client.asking.ask(indexed.conversations.get(question.place) ?? '', {
      query: question.text,
      // Each stands alone.
      parent_id: null,
    });
    done += 1;
    return scoreAnswer(question, answer, idOf);
  });
  ticker.stop();
  for (const id of indexed.conversations.values()) await client.conversations.delete(id);
  print(`\n${set.name}: ${questions.length} questions`);
  for (const name of scoreNames) printScore(name, scores);
  return set.targets
    .filter(({ score, least = -Infinity, most = Infinity }) => {
      const { mean } = intervalOf(score, scores);
      return mean < least || mean > most;
    })
    .map(
      ({ score, least, most }) => `${set.name}: ${score} ${least === undefined ? `≤ ${most}` : `≥ ${least}`}`,
    );

  function idOf({ document_id, page, score }: Answer['sources'][number]): string | undefined {
    return indexed.rank([{ document_id, page, score }])[0]?.[0];
  }
}

function printScore(name: ScoreName, scores: readonly AnswerScores[]): void {
  const { mean, low, high, count } = intervalOf(name, scores);
  if (count === 0) return;
  const digits = name === 'length' ? 0 : 3;
  const [value, from, to] = [mean, low, high].map((one) => one.toFixed(digits));
  print(`  ${name.padEnd(10)} ${String(count).padStart(5)}  ${value}  [${from}, ${to}]`);
}

function intervalOf(name: ScoreName, scores: readonly AnswerScores[]) {
  const values = scores.flatMap((one) => one[name] ?? []);
  return { ...bootstrap(values, 2000), count: values.length };
}
