import type { HttpCaller, Person } from '../server/people.ts';

/** Who asks, and where. */
export interface Asker {
  token: string;
  path: string;
  /** Beside the question. */
  more: object;
}

/** Each question begins a conversation, in which there are no documents. */
export function askerOf({ token }: Person): Asker {
  return { token, path: '/rag/query', more: {} };
}

/** Each question is about one small document, in a branch of its own: none is the follow-up of another. */
export async function askerWithDocument(caller: HttpCaller, { token }: Person): Promise<Asker> {
  const { id } = await caller.json<{ id: string }>('POST', '/conversations', token, {});
  const document = { name: 'results.txt', text: results };
  await caller.json('POST', `/conversations/${id}/documents?wait=ready`, token, document);
  const beginning = { role: 'system', content: 'The beginning.', parent_id: null };
  const message = await caller.json<{ id: string }>(
    'POST',
    `/conversations/${id}/messages`,
    token,
    beginning,
  );
  return { token, path: `/rag/conversation/${id}/query`, more: { parent_id: message.id } };
}

const results = `Results of the year

Net revenue rose by 8 % against the prior year, to 412 million euros. Prices account for three points of it, volumes for
five. Costs of sales rose by 6 %, to 231 million euros, mainly for freight and energy.

The company employed 1,930 people at the end of the year, 40 more than a year before. It paid a dividend of 0.60 euros a
share and bought back shares for 12 million euros. For the coming year the board expects net revenue of 425 to 440 million
euros, and a margin like that of this year.`;
