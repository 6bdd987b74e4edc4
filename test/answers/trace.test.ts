import { beforeAll, expect, test } from 'vitest';
import type { AnswerTrace, Retrieved } from '@alcove/contract';
import { newPerson, type Person } from '../support/app.ts';
import { answeringApp } from './support/answering-app.ts';
import { addText, askJson, historyOf, newConversation } from './support/asking.ts';

const { app } = await answeringApp({}, { embeddings: true });
let person: Person;
let conversation: string;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  conversation = await newConversation(person);
  const places = ['Marsk', 'Norum', 'Tolvik', 'Sund', 'Ravn', 'Holme'];
  for (const [at, place] of places.entries()) {
    const text = `The lighthouse of ${place} was built in ${1871 + at}.`;
    const path = `/conversations/${conversation}/documents?wait=vectors`;
    await person.json('POST', path, { name: `${place}.txt`, text });
  }
});

const question = 'When was the lighthouse of Marsk built?';

function expectSound(trace: Pick<Retrieved, 'lists' | 'fused' | 'legs'>, given: number): void {
  expect(new Set(trace.lists.map(({ leg }) => leg))).toEqual(new Set(trace.legs));
  for (const { hits } of trace.lists) {
    expect(hits.map(({ rank }) => rank)).toEqual(hits.map((_, at) => at + 1));
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).toSorted((a, b) => b - a));
  }
  expect(trace.fused.map(({ rank }) => rank)).toEqual(trace.fused.map((_, at) => at + 1));
  expect(trace.fused.filter(({ dropped }) => dropped === null)).toHaveLength(given);
  for (const { document_id: id, vector, keyword } of trace.fused) {
    for (const [leg, placed] of [['vector', vector] as const, ['keyword', keyword] as const]) {
      const hits = trace.lists.filter((list) => list.leg === leg).flatMap((list) => list.hits);
      const hit = hits.find((one) => one.document_id === id);
      expect(placed).toEqual(hit === undefined ? null : { rank: hit.rank, score: hit.score });
    }
  }
}

test('a search alone shows both lists, their fused order and what was dropped', async () => {
  const search = () =>
    person.json<Retrieved>('POST', `/conversations/${conversation}/retrieve`, { query: question, top_k: 2 });
  const { status, body } = await search();
  expect(status).toBe(200);
  expect(body.queries).toEqual([question]);
  expect(body.legs).toEqual(['keyword', 'vector']);
  expect(body.lists.map(({ leg }) => leg)).toEqual(['vector', 'keyword']);
  expectSound(body, 2);
  expect(body.fused.slice(2).every(({ dropped }) => dropped === 'top_k')).toBe(true);
  expect(body.results.map(({ document_id }) => document_id)).toEqual(
    body.fused.slice(0, 2).map(({ document_id }) => document_id),
  );
  expect(body.timings_ms.vector).toBeGreaterThan(0);
  const again = (await search()).body;
  expect(again).toMatchObject({ cache_hit: true, lists: body.lists, fused: body.fused });
  const bare = await person.client.retrieve(conversation, { query: question, top_k: 2, trace: false });
  expect(bare).toEqual({ ...again, timings_ms: bare.timings_ms, lists: [], fused: [] });
});

test('an answer keeps its trace, which shows the rewritten question too', async () => {
  const first = await askJson(person, conversation, question, { top_k: 2 });
  const { status, body } = await person.json<AnswerTrace>('GET', `/messages/${first.body.message_id}/trace`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    message_id: first.body.message_id,
    conversation_id: conversation,
    mode: 'documents',
    queries: [question],
    model: 'test-chat',
    tokens: first.body.metadata.tokens,
    timings_ms: first.body.metadata.timings_ms,
  });
  expectSound(body, 2);
  expect(body.context.filter(({ dropped }) => dropped === null)).toHaveLength(first.body.sources.length);
  expect(JSON.stringify(body)).not.toContain('was built in');
});

test('a question has none, and neither has an answer without documents a search', async () => {
  const id = await newConversation(person);
  const { body } = await askJson(person, id, 'What is a fjord?');
  const trace = await person.client.messages.trace(body.message_id);
  expect(trace).toMatchObject({
    mode: 'llm',
    cache_hit: null,
    queries: [],
    lists: [],
    fused: [],
    context: [],
  });
  const [asked] = await historyOf(person, id);
  expect((await person.fetch(`/messages/${asked?.id}/trace`)).status).toBe(404);
});

test('what is no longer there is named as gone, not as found', async () => {
  const id = await newConversation(person);
  const document = await addText(person, id, 'The harbour of Sund has three piers.');
  const { body } = await askJson(person, id, 'How many piers are there?');
  await person.json('DELETE', `/documents/${document.id}`);
  const { status, body: trace } = await person.json<AnswerTrace>('GET', `/messages/${body.message_id}/trace`);
  expect([status, trace.context.length]).toEqual([200, 1]);
  const after = await person.json<Retrieved>('POST', `/conversations/${id}/retrieve`, {
    query: 'How many piers?',
  });
  expect(after.body).toMatchObject({ results: [], lists: [], fused: [] });
});
