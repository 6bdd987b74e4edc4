import { beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import {
  addText,
  askJson,
  askStream,
  beginningOf,
  conversationAbout,
  historyOf,
  newConversation,
} from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import {
  answerOf,
  expectNumbered,
  messageIdOf,
  readAll,
  textOf,
  type WireEvent,
  wireEvents,
} from './support/wire-events.ts';

const fact = 'The lighthouse of Marsk was built in 1871. Its keeper is Ada Holm.';
const quoted = 'It was built early: "The lighthouse of Marsk was built in 1871." [1]. So it is old.';
const { provider, app } = await answeringApp();
let person: Person;
let conversation: string;
let beginning: string;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  conversation = await conversationAbout(person, fact);
  beginning = await beginningOf(person, conversation);
});

/** Asks for a stream of which the provider holds everything but the first token back until that one has arrived. */
async function streamSlowly(
  text: string,
  id = conversation,
  more: object = { parent_id: beginning },
): Promise<WireEvent[]> {
  const gate = closedGate();
  provider.script(behave.answer(text, { until: gate.opened }));
  const events: WireEvent[] = [];
  for await (const event of wireEvents(
    await askStream(person, id, 'When was the lighthouse built?', { ...more }),
  )) {
    events.push(event);
    if (event.type === 'delta') gate.open();
  }
  return events;
}

describe('a streamed answer', () => {
  test('comes as message, sources, deltas, citation and done, numbered from 1', async () => {
    const events = await streamSlowly(quoted);
    expectNumbered(events);
    expect(events.map(({ type }) => type).join(' ')).toMatch(
      /^message sources delta( delta| citation)+ done$/,
    );
    expect(events.every(({ type, data }) => type === data.type)).toBe(true);
    expect(events.filter(({ type }) => type === 'delta').length).toBeGreaterThan(1);
  });

  test('shows its beginning before the provider is done', async () => {
    const gate = closedGate();
    provider.script(behave.answer(quoted, { until: gate.opened }));
    const response = await askStream(person, conversation, 'When was the lighthouse built?', {
      parent_id: beginning,
    });
    let isOpen = false;
    const seenEarly: string[] = [];
    for await (const event of wireEvents(response)) {
      if (!isOpen) seenEarly.push(event.type);
      if (event.type !== 'delta') continue;
      isOpen = true;
      gate.open();
    }
    expect(seenEarly).toEqual(['message', 'sources', 'delta']);
  });

  test('says its first word as early with documents as without: the sources do not take its place', async () => {
    const waits: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      provider.script(behave.answer(quoted));
      const response = await askStream(person, conversation, 'When was the lighthouse built?', {
        parent_id: beginning,
      });
      let sourcesAt = 0;
      for await (const { type } of wireEvents(response)) {
        if (type === 'sources') sourcesAt = performance.now();
        if (type === 'delta' && waits.length === attempt) waits.push(performance.now() - sourcesAt);
      }
    }
    // Later words are written at most 200 ms late, together; the best of five shows that the first is not one of them.
    expect(Math.min(...waits)).toBeLessThan(120);
  });

  test('adds up to the stored text and to the text of its last event', async () => {
    const events = await streamSlowly(quoted);
    const [, question, stored] = await historyOf(person, conversation);
    expect(textOf(events)).toBe(quoted);
    expect(answerOf(events).answer).toBe(quoted);
    expect(stored).toMatchObject({
      id: messageIdOf(events),
      content: quoted,
      status: 'complete',
      role: 'assistant',
    });
    expect(question).toMatchObject({
      id: answerOf(events).user_message_id,
      content: 'When was the lighthouse built?',
    });
    expect(stored?.parent_id).toBe(question?.id);
    expect(stored?.metadata.search_results).toEqual(answerOf(events).sources);
  });

  test('can be replayed when it is finished, event for event', async () => {
    const events = await streamSlowly(quoted);
    const replay = await readAll(wireEvents(await person.fetch(`/messages/${messageIdOf(events)}/stream`)));
    expect(replay).toEqual(events);
  });

  test('without documents has no sources event and no citations, whatever the model writes', async () => {
    const id = await newConversation(person);
    provider.script(behave.answer('Perhaps in 1871 [1].'));
    const events = await readAll(wireEvents(await askStream(person, id, 'When was it built?')));
    expect(events.map(({ type }) => type).filter((type) => type !== 'delta')).toEqual(['message', 'done']);
    expect(answerOf(events)).toMatchObject({ mode: 'llm', sources: [], answer: 'Perhaps in 1871 [1].' });
  });
});

describe('text cannot forge events', () => {
  const forged =
    'A\n\nevent: done\ndata: {"type":"done"}\n\nid: 99\r\n\r\nevent: error\r\ndata: x\u2028\u2029\u0085 [DONE] \ndata: [DONE]\n\nB';

  test('in the tokens of the model', async () => {
    const events = await streamSlowly(forged);
    expectNumbered(events);
    expect(events.map(({ type }) => type).filter((type) => type !== 'delta')).toEqual([
      'message',
      'sources',
      'done',
    ]);
    expect(textOf(events)).toBe(forged);
    expect((await historyOf(person, conversation)).at(-1)?.content).toBe(forged);
  });

  test('in the title and the text of a document', async () => {
    const id = await newConversation(person);
    await addText(
      person,
      id,
      `${fact}\n\nevent: done\ndata: {}\n\n${fact}`,
      'a\n\nevent: done\ndata: {}\n\n.txt',
    );
    const events = await streamSlowly(quoted, id, {});
    expectNumbered(events);
    expect(events.map(({ type }) => type).join(' ')).toMatch(
      /^message sources delta( delta| citation)+ done$/,
    );
  });

  test('in the title of a conversation, which the first question becomes', async () => {
    const events = await readAll(
      wireEvents(
        await person.fetch('/rag/query', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: 'x\n\nevent: done\ndata: {}\n\n', stream: true }),
        }),
      ),
    );
    expectNumbered(events);
    expect(events.map(({ type }) => type).filter((type) => type !== 'delta')).toEqual(['message', 'done']);
  });
});

describe('an answer as JSON', () => {
  test('is what the stream ends with', async () => {
    provider.script(behave.answer(quoted));
    const { status, body } = await askJson(person, conversation, 'When was the lighthouse built?', {
      parent_id: beginning,
    });
    expect(status).toBe(200);
    const replay = await readAll(wireEvents(await person.fetch(`/messages/${body.message_id}/stream`)));
    expect(answerOf(replay)).toEqual(body);
    expect(body).toMatchObject({
      conversation_id: conversation,
      mode: 'documents',
      status: 'complete',
      answer: quoted,
    });
  });

  test('leaves the sources out when they are not wanted, and history still has them', async () => {
    const how = { parent_id: beginning, include_sources: false };
    const { body } = await askJson(person, conversation, 'When was the lighthouse built?', how);
    expect(body.sources).toEqual([]);
    expect((await historyOf(person, conversation)).at(-1)?.metadata.search_results).toHaveLength(1);
  });

  test('leaves the sources out of a stream too, and a replay has them', async () => {
    const how = { parent_id: beginning, include_sources: false, stream: true };
    const body = JSON.stringify({ query: 'When was the lighthouse built, please?', ...how });
    const streamed = await readAll(
      wireEvents(
        await person.fetch(`/rag/conversation/${conversation}/query`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        }),
      ),
    );
    expect(streamed.map(({ type }) => type)).not.toContain('sources');
    const { message_id: id, sources } = answerOf(streamed);
    expect(sources).toEqual([]);
    const replay = await readAll(wireEvents(await person.fetch(`/messages/${id}/stream`)));
    expect(answerOf(replay).sources).toHaveLength(1);
  });

  test('of /rag/query makes a conversation of type rag_query that can be gone on with', async () => {
    const { status, body } = await person.json<{ conversation_id: string }>('POST', '/rag/query', {
      query: 'What is a fjord?',
    });
    expect(status).toBe(200);
    const conversation = await person.client.conversations.get(body.conversation_id);
    expect(conversation).toMatchObject({
      conversation_type: 'rag_query',
      title: 'What is a fjord?',
      message_count: 2,
    });
    expect((await askJson(person, body.conversation_id, 'And a delta?')).body.conversation_id).toBe(
      body.conversation_id,
    );
  });
});
