/** `npm run eval -- history FOLDER`: search over history (GET /search) on LoCoMo, as a person would search. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { SearchResults } from '@alcove/contract';
import { startServer } from './server.ts';
import { readOptions } from './options.ts';

const k = 10;
const lines = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

/** Recall at 10 in the own conversation and across all. */
export async function measureHistory(folder: string): Promise<{ own: number; all: number; queries: number }> {
  const corpus = lines<{ _id: string; conversation: string; text: string }>(
    gunzipSync(readFileSync(join(folder, 'corpus.jsonl.gz'))).toString(),
  );
  const queries = lines<{ _id: string; text: string }>(readFileSync(join(folder, 'queries.jsonl'), 'utf8'));
  const relevant = readRelevant(readFileSync(join(folder, 'qrels.tsv'), 'utf8'));
  const server = await startServer(readOptions([folder])!);
  try {
    const { client } = server;
    const conversations = new Map<string, string>();
    const passages = new Map<string, string>();
    for (const { _id: passage, conversation, text } of corpus) {
      const id =
        conversations.get(conversation) ?? (await client.conversations.create({ title: conversation })).id;
      conversations.set(conversation, id);
      passages.set((await client.messages.add(id, { role: 'user', content: text })).id, passage);
    }
    while ((await client.search('anything')).indexing);
    const sums = { own: 0, all: 0 };
    const judged = queries.filter(({ _id }) => relevant.has(_id));
    for (const { _id, text } of judged) {
      const wanted = relevant.get(_id)!;
      const own = conversations.get(_id.split('<')[0] ?? '');
      const recall = ({ results }: SearchResults): number =>
        results.filter(({ message_id: id }) => wanted.has(passages.get(id ?? '') ?? '')).length / wanted.size;
      const options = { in: ['messages' as const], limit: k };
      sums.own += recall(await client.search(text, { ...options, ...(own ? { conversationId: own } : {}) }));
      sums.all += recall(await client.search(text, options));
    }
    return { own: sums.own / judged.length, all: sums.all / judged.length, queries: judged.length };
  } finally {
    await server.close();
  }
}

function readRelevant(tsv: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const line of tsv.split('\n').slice(1)) {
    const [query = '', passage = '', score = '0'] = line.split('\t');
    if (Number(score) > 0) found.set(query, (found.get(query) ?? new Set()).add(passage));
  }
  return found;
}
