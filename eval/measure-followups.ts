import { join } from 'node:path';
import type { Background } from '../src/indexing/background.ts';
import { searchKeyword } from '../src/indexing/bm25.ts';
import { expandFollowUp, type Turn } from '../src/indexing/followup.ts';
import { conversationOf, type Dataset, readDataset, readLines } from './datasets.ts';
import { evaluate, type Judgements } from './metrics.ts';
import { indexPassages } from './passage-index.ts';
import type { PrintRow } from './print-row.ts';

/** Later turns of conversations: the last question alone against the question weighed with its history. */
export function measureFollowUps(
  folder: string,
  label: string,
  background: Background,
  printRow: PrintRow,
): void {
  const dataset = readDataset(folder, { queries: 'queries_lastturn.jsonl' });
  const { segment, ids } = indexPassages(dataset.passages);
  const histories = readHistories(folder);
  const later: Judgements = new Map([...dataset.judgements].filter(([id]) => turnOf(id) > 1));
  const weighed = (id: string, text: string) => {
    return expandFollowUp(text, histories.get(id) ?? [], { language: segment.language, background });
  };
  const runOf = (parts: (id: string, text: string) => ReturnType<typeof weighed>) => {
    const search = ({ id, text }: Dataset['queries'][number]) => {
      return searchKeyword([segment], parts(id, text), { k: 10, background }).map((hit) => ids[hit.ordinal]!);
    };
    return new Map(dataset.queries.map((query) => [query.id, search(query)]));
  };
  printRow(
    `${label} later turns, last question`,
    evaluate(
      runOf((_, text) => [{ text, weight: 1 }]),
      later,
    ),
  );
  printRow(`${label} later turns, weighed with history`, evaluate(runOf(weighed), later));
}

interface Conversation {
  conversation_id: string;
  longest_known_history: { speaker: string; text: string }[];
}

/** What was said before each question: with the answers where they are known, else the questions alone. */
function readHistories(folder: string): Map<string, Turn[]> {
  const known = new Map(
    Array.from(readLines<Conversation>(join(folder, 'conversations.jsonl')), (conversation) => [
      conversation.conversation_id,
      conversation.longest_known_history,
    ]),
  );
  const histories = new Map<string, Turn[]>();
  for (const { _id, text } of readLines<{ _id: string; text: string }>(
    join(folder, 'queries_questions.jsonl'),
  )) {
    const told = known.get(conversationOf(_id)) ?? [];
    const length = 2 * (turnOf(_id) - 1);
    const questions = text
      .split('\n')
      .map((line) => line.replace('|user|:', '').trim())
      .slice(0, -1);
    histories.set(
      _id,
      told.length >= length
        ? told
            .slice(0, length)
            .map((turn) => ({ role: turn.speaker === 'user' ? 'user' : 'assistant', text: turn.text }))
        : questions.map((question) => ({ role: 'user', text: question })),
    );
  }
  return histories;
}

/** Number of the turn, from 1, in an id like `conversation<::>3`. */
function turnOf(queryId: string): number {
  return Number(queryId.split('<::>')[1] ?? 1);
}
