import { basename } from 'node:path';
import type { Client } from '@alcove/client';
import { type Collection, wholePool } from './collection.ts';
import { EvalError } from './eval-error.ts';
import { type Indexed, ingest } from './ingest.ts';
import { compare, evaluate, type Evaluation } from './metrics.ts';
import type { EvalOptions } from './options.ts';
import { print, printComparison, printMissed, printScores, signed } from './report.ts';
import { readTurns, type ReplayTurn } from './replay-turns.ts';
import { pathFor, ranksOf, type ScoredRun, writeRun } from './run-file.ts';
import { say, startTicker } from './say.ts';
import { search } from './search.ts';

/** More than is scored, since several passages of an answer may lie on one page. */
const topK = 20;

/**
 * Plays conversations: each judged question is asked below the real messages before it, on a branch of its own, and
 * what its answer rests on is scored by turn, beside the same question without its history and a human's rewriting.
 */
export async function replay(
  client: Client,
  collection: Collection,
  { strategy, tasks, out, limit }: Pick<EvalOptions, 'strategy' | 'tasks' | 'out' | 'limit'>,
  isOneOfSeveral: boolean,
): Promise<Evaluation> {
  const { folder, judgements } = collection;
  if (judgements === null) throw new EvalError(`${folder} has no judgements, which --replay needs.`);
  const isPooled = collection.places.every((place) => place.key === wholePool);
  const placeOf = (turn: ReplayTurn): string => (isPooled ? wholePool : turn.conversation);
  const turns = readTurns(folder, tasks)
    .filter((turn) => judgements.has(turn.id))
    .slice(0, limit);
  if (turns.length === 0) throw new EvalError(`${folder}: none of the questions to replay is judged.`);
  say(`${collection.name}, replay of ${turns.length} questions, ${strategy}`);
  const indexed = await ingest(client, collection.places);

  const questions = turns.map((turn) => ({ id: turn.id, text: turn.question, place: placeOf(turn) }));
  const alone = await search(client, indexed, questions, strategy);
  const rewrites = turns.flatMap((turn) =>
    turn.rewrite === null ? [] : [{ id: turn.id, text: turn.rewrite, place: placeOf(turn) }],
  );
  const rewritten =
    rewrites.length === turns.length ? await search(client, indexed, rewrites, strategy) : null;
  const played = await play(
    client,
    indexed,
    turns.filter((turn) => indexed.conversations.has(placeOf(turn))),
    placeOf,
    strategy,
  );
  if (out !== undefined) writeRun(pathFor(out, isOneOfSeveral ? basename(folder) : null), played);

  const judged = new Map([...judgements].filter(([query]) => turns.some((turn) => turn.id === query)));
  const score = (run: ScoredRun): Evaluation => evaluate(ranksOf(run), judged);
  const scores = score(played);
  printScores(`${collection.name}, replayed with history, ${strategy}`, scores);
  printMissed(indexed.missed);
  printTurns(turns, {
    alone: score(alone),
    played: scores,
    rewritten: rewritten === null ? null : score(rewritten),
  });
  printComparison('the last turn alone', scores, score(alone));
  for (const id of indexed.conversations.values()) await client.conversations.delete(id);
  return scores;
}

async function play(
  client: Client,
  indexed: Indexed,
  turns: readonly ReplayTurn[],
  placeOf: (turn: ReplayTurn) => string,
  strategy: EvalOptions['strategy'],
): Promise<ScoredRun> {
  const run: ScoredRun = new Map();
  const ticker = startTicker(() => say(`  played ${run.size} of ${turns.length} turns`));
  try {
    for (const turn of turns) {
      const conversation = indexed.conversations.get(placeOf(turn)) ?? '';
      const parent = await appendHistory(client, conversation, turn);
      const answer = await client.asking.ask(conversation, {
        query: turn.question,
        strategy,
        top_k: topK,
        parent_id: parent,
      });
      run.set(turn.id, indexed.rank(answer.sources));
    }
  } finally {
    ticker.stop();
  }
  return run;
}

/** A branch from the root with what was said; a first turn has only a note as its root, which no history shows. */
async function appendHistory(client: Client, conversation: string, { history }: ReplayTurn): Promise<string> {
  const root = await client.messages.add(conversation, {
    role: 'system',
    content: 'A new conversation.',
    parent_id: null,
  });
  let parent = root.id;
  for (const { role, content } of history) {
    parent = (await client.messages.add(conversation, { role, content, parent_id: parent })).id;
  }
  return parent;
}

interface Variants {
  alone: Evaluation;
  played: Evaluation;
  rewritten: Evaluation | null;
}

function printTurns(turns: readonly ReplayTurn[], variants: Variants): void {
  print('\n  nDCG@5 by turn     n   last turn   with history   difference                human rewrite');
  const groups = Map.groupBy(turns, ({ turn }) => String(turn));
  for (const [turn, group] of [...groups].toSorted(([a], [b]) => Number(a) - Number(b)))
    printGroup(`turn ${turn}`, group, variants);
  printGroup(
    'first turns',
    turns.filter(({ turn }) => turn === 1),
    variants,
  );
  printGroup(
    'later turns',
    turns.filter(({ turn }) => turn > 1),
    variants,
  );
}

function printGroup(
  name: string,
  group: readonly ReplayTurn[],
  { alone, played, rewritten }: Variants,
): void {
  if (group.length === 0) return;
  const ids = new Set(group.map((turn) => turn.id));
  const { mean, low, high } = compare(part(played, ids), part(alone, ids), 'nDCG@5');
  const columns = [
    `  ${name.padEnd(14)}`,
    String(group.length).padStart(5),
    meanOf(alone, ids).padStart(11),
    meanOf(played, ids).padStart(14),
    `   ${signed(mean)} [${signed(low)}, ${signed(high)}]`,
    rewritten === null ? '' : meanOf(rewritten, ids).padStart(11),
  ];
  print(columns.join(''));
}

function part(evaluation: Evaluation, ids: ReadonlySet<string>): Evaluation {
  return { ...evaluation, perQuery: new Map([...evaluation.perQuery].filter(([query]) => ids.has(query))) };
}

function meanOf(evaluation: Evaluation, ids: ReadonlySet<string>): string {
  const values = [...part(evaluation, ids).perQuery.values()].map((scores) => scores['nDCG@5'] ?? 0);
  return (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
}
