import { beforeAll, expect, test } from 'vitest';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import {
  addText,
  askInVain,
  askJson,
  askStream,
  beginningOf,
  conversationAbout,
  historyOf,
  newConversation,
} from './support/asking.ts';
import { answerOf, readAll, textOf, wireEvents } from './support/wire-events.ts';

// Nothing configured: no language model, no embeddings.
const app = sharedApp();
const fact =
  'The lighthouse of Marsk was built in 1871. Its keeper is Ada Holm. The tower is 31 metres high.';
const leuchtturm =
  'Der Leuchtturm von Marsk wurde 1871 gebaut. Seine Wärterin ist Ada Holm. Der Turm ist 31 Meter hoch.';
let person: Person;
let conversation: string;
let beginning: string;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  conversation = await conversationAbout(person, fact);
  beginning = await beginningOf(person, conversation);
});

test('quotes the sentence that answers, with a verified citation, and says what is switched off', async () => {
  const { status, body } = await askJson(person, conversation, 'When was the lighthouse of Marsk built?', {
    parent_id: beginning,
  });
  expect(status).toBe(200);
  expect(body.answer).toContain('The lighthouse of Marsk was built in 1871.');
  expect(body.answer).toContain('[1]');
  expect(body.sources[0]).toMatchObject({ n: 1, verified: true, excerpt: fact });
  expect(body.metadata).toMatchObject({
    model: 'extractive',
    tokens: { input: 0, output: 0 },
    legs: ['keyword'],
  });
  // Which settings, administrators are told elsewhere: an answer has other readers too.
  expect(body.metadata.notices).toEqual([
    'No language model: answers quote the documents.',
    'Semantic search is off: keyword search works.',
  ]);
});

test('streams the same events as a model does', async () => {
  const events = await readAll(
    wireEvents(
      await askStream(person, conversation, 'Who is the keeper of the lighthouse?', { parent_id: beginning }),
    ),
  );
  expect(events.map(({ type }) => type).join(' ')).toMatch(/^message sources( delta| citation)+ done$/);
  expect(textOf(events)).toContain('Its keeper is Ada Holm.');
  expect(answerOf(events).answer).toBe(textOf(events));
});

test('without documents says that there is nothing to quote from', async () => {
  const { body } = await askJson(person, await newConversation(person), 'What is a fjord?');
  expect(body).toMatchObject({ mode: 'llm', sources: [], status: 'complete' });
  expect(body.answer).toBe('This conversation has no documents to quote from.');
  expect(body.metadata.notices.join('\n')).toMatch(/Add a document/);
});

test.each([
  [
    'the question',
    'Welche Farbe hat das Dach der alten Kirche von Norum?',
    fact,
    /^Nicht in diesen Dokumenten/,
  ],
  [
    'the documents, where the question is too short to tell',
    'Zzz qqq?',
    leuchtturm,
    /^Nicht in diesen Dokumenten/,
  ],
])('speaks the language of %s, without advice', async (_what, question, text, expected) => {
  const id = await conversationAbout(person, text);
  const { body } = await askJson(person, id, question, { docs_only: true });
  expect(body.answer).toMatch(expected);
  const none = await askJson(person, await newConversation(person), 'Wie hoch ist der alte Turm von Marsk?', {
    docs_only: true,
  });
  expect(none.body.answer).toBe('Nicht in diesen Dokumenten: Diese Unterhaltung hat keine.');
  expect(none.body.metadata.notices).toContain('Add a document, or allow answers from general knowledge.');
});

test('answers each question from the documents and not from the answer before', async () => {
  const { body: first } = await askJson(person, conversation, 'When was the lighthouse of Marsk built?', {
    parent_id: beginning,
  });
  const { body } = await askJson(person, conversation, 'How high is the tower?');
  expect(body.answer).toContain('The tower is 31 metres high.');
  expect((await historyOf(person, conversation)).map(({ id }) => id)).toContain(first.message_id);
});

test('older questions than those that count are left out, and a notice says so', async () => {
  const id = await conversationAbout(person, fact);
  const noticesOf = async (query: string): Promise<string> =>
    (await askJson(person, id, query)).body.metadata.notices.join('\n');
  for (let turn = 0; turn < 6; turn++)
    expect(await noticesOf('When was the lighthouse built?')).not.toContain('left out');
  await noticesOf('And who keeps it?');
  expect(await noticesOf('How high is it?')).toMatch(
    /only the last 6 questions .* older messages are left out/,
  );
});

test('a model that does not exist here is refused, and nothing is written', async () => {
  const id = await newConversation(person);
  const { status, body } = await askInVain(person, id, 'Anything?', { model: 'gpt-none' });
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: 'invalid_request' });
  expect(body.error).toMatch(/gpt-none/);
  expect(await historyOf(person, id)).toEqual([]);
});

test('a document that is switched off is not quoted, and the answer says so', async () => {
  const id = await newConversation(person);
  const document = await addText(person, id, fact);
  await person.client.documents.update(document.id, { context_mode: 'off' });
  const { body } = await askJson(person, id, 'When was the lighthouse of Marsk built?');
  expect(body.sources).toEqual([]);
  expect(body.answer).not.toContain('1871');
  expect(body.metadata.notices.join('\n')).toMatch(/switched off/);
});
