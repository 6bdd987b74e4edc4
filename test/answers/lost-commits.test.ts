import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { databaseKind, newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { askJson, askStream, conversationAbout, historyOf, newConversation } from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { until } from './support/until.ts';
import { answerOf, expectNumbered, readAll, textOf, wireEvents } from './support/wire-events.ts';

const text = 'Slowly, word for word, and to the very last of them.';

describe.skipIf(databaseKind === 'pglite')('when the answer to a commit is lost (needs PostgreSQL)', () => {
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  let provider: Provider;
  let app: TestApp;
  let person: Person;
  beforeAll(async () => {
    database = await createTestDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    proxy = await startDatabaseProxy(database.url);
    provider = await startProvider();
    app = await startTestApp({
      env: { DATABASE_URL: proxy.url, LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat' },
    });
    person = await newPerson(app.baseUrl);
  });
  afterAll(async () => {
    await app?.close();
    await provider?.close();
    await proxy?.close();
    await database?.drop();
  });
  beforeEach(() => provider.reset());

  test('of the end of an answer, it is complete, and ended once', async () => {
    const conversation = await newConversation(person);
    provider.script(behave.answer(text));
    const lost = proxy.loseCommitsOf('settle_work');
    const events = await readAll(wireEvents(await askStream(person, conversation, 'Tell me.')));
    expect(lost.seen()).toBe(1);
    expectNumbered(events);
    expect(textOf(events)).toBe(text);
    expect(answerOf(events)).toMatchObject({ status: 'complete', answer: text });
    expect((await historyOf(person, conversation)).at(-1)).toMatchObject({
      status: 'complete',
      content: text,
    });
  });

  test('of words in the middle, none is missing or doubled', async () => {
    const conversation = await newConversation(person);
    const gate = closedGate();
    provider.script(behave.answer(text, { until: gate.opened }));
    const lost = proxy.loseCommitsOf('insert_answer_events', 3);
    const asked = askStream(person, conversation, 'Tell me.');
    await until('the start and the first words are lost', () => lost.seen() === 3);
    gate.open();
    const events = await readAll(wireEvents(await asked));
    expectNumbered(events);
    expect(textOf(events)).toBe(text);
    expect(answerOf(events).status).toBe('complete');
    const [question, answer, ...more] = await historyOf(person, conversation);
    expect([question?.content, answer?.content, more]).toEqual(['Tell me.', text, []]);
  });

  test('of the question itself, it is asked once and answered', async () => {
    const conversation = await conversationAbout(person, 'The lighthouse of Marsk was built in 1871.');
    const lost = proxy.loseCommitsOf('take_work');
    const { status, body } = await askJson(person, conversation, 'When was it built?');
    expect(lost.seen()).toBe(1);
    expect({ status, is: body.status }).toEqual({ status: 200, is: 'complete' });
    expect(await historyOf(person, conversation)).toHaveLength(2);
  });

  test('of the conversation that a question begins, there is one', async () => {
    const lost = proxy.loseCommitsOf('insert_conversation');
    const { status, body } = await person.json<{ conversation_id: string }>('POST', '/rag/query', {
      query: 'Is this asked once?',
    });
    expect([lost.seen(), status]).toEqual([1, 200]);
    const { conversations } = await person.client.conversations.list();
    expect(conversations.filter(({ title }) => title === 'Is this asked once?')).toMatchObject([
      { id: body.conversation_id, message_count: 2 },
    ]);
  });
});
