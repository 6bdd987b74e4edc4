import type { ConversationHistory, Message, Problem } from '@alcove/contract';
import { expect, test } from 'vitest';
import {
  askJson,
  askStream,
  conversationAbout,
  historyOf,
  newConversation,
} from '../answers/support/asking.ts';
import { closedGate } from '../answers/support/gate.ts';
import { until } from '../answers/support/until.ts';
import { readUntil } from '../answers/support/wire-events.ts';
import { answeringApp } from '../answers/support/answering-app.ts';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';

const { provider, app } = await answeringApp();

async function somebody(): Promise<Person> {
  return newPerson((await app()).baseUrl);
}

/** Writes messages, each below the one before unless it says otherwise. */
async function write(
  person: Person,
  conversation: string,
  content: string,
  more: object = {},
): Promise<Message> {
  return person.client.messages.add(conversation, { role: 'user', content, ...more });
}

async function shown(person: Person, conversation: string, query = ''): Promise<string[]> {
  return (await historyOf(person, conversation, query)).map(({ content }) => content);
}

test('an edited question is answered beside the first, and both branches stay', async () => {
  const person = await somebody();
  const conversation = await conversationAbout(person, 'The heron colony held 412 nests in 2025.');
  provider.script(behave.answer('It held 412 nests [1].'), behave.answer('In 2025 [1].'));
  const first = (await askJson(person, conversation, 'How many nests?')).body;
  const edited = await person.client.asking.edit(first.user_message_id, { content: 'In which year?' });
  expect(edited.answer).toContain('2025');
  const [question, answer] = await historyOf(person, conversation);
  expect(question).toMatchObject({
    content: 'In which year?',
    sibling_ids: [first.user_message_id, edited.user_message_id],
    active_sibling_id: edited.user_message_id,
  });
  expect(answer).toMatchObject({ id: edited.message_id, sibling_ids: [edited.message_id] });
  const [earlier] = await historyOf(person, conversation, `?branch=${first.message_id}`);
  expect(earlier).toMatchObject({ content: 'How many nests?', active_sibling_id: edited.user_message_id });
});

test('a regenerated answer is a sibling, asked by the question or by its answer, whole or as a stream', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  provider.script(behave.answer('One.'), behave.answer('Two.'), behave.answer('Three.'));
  const first = (await askJson(person, conversation, 'Count.')).body;
  const second = await person.client.asking.regenerate(first.message_id);
  expect(second.user_message_id).toBe(first.user_message_id);
  const ids = [first.message_id, second.message_id];
  for await (const event of person.client.asking.streamRegenerate(first.user_message_id))
    if (event.type === 'message') ids.push(event.message_id);
  const [, answer] = await historyOf(person, conversation);
  expect(answer).toMatchObject({ content: 'Three.', sibling_ids: ids, active_sibling_id: ids[2] });
  const note = await write(person, conversation, 'A note.', { parent_id: null });
  const { status, body } = await person.json<Problem>('POST', `/messages/${note.id}/regenerate`);
  expect([status, body.code]).toEqual([200, undefined]);
});

test('an edited answer is only written, and says what it was', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  provider.script(behave.answer('Wrong.'));
  const { message_id: answer } = (await askJson(person, conversation, 'Well?')).body;
  const edited = await person.client.messages.edit(answer, 'Right.');
  expect(edited).toMatchObject({
    role: 'assistant',
    content: 'Right.',
    sibling_ids: [answer, edited.id],
    active_sibling_id: edited.id,
    metadata: { edited_from: answer },
  });
  expect(await shown(person, conversation)).toEqual(['Well?', 'Right.']);
});

test('an edited question that is not to be answered is only written', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  const first = await write(person, conversation, 'First.');
  const edited = await person.client.messages.edit(first.id, 'Second.');
  expect(edited.sibling_ids).toEqual([first.id, edited.id]);
  expect(await shown(person, conversation)).toEqual(['Second.']);
});

test('another branch is shown from any of its messages, down to its newest leaf', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  const root = await write(person, conversation, 'root');
  const left = await write(person, conversation, 'left');
  await write(person, conversation, 'left leaf');
  await write(person, conversation, 'right', { parent_id: root.id });
  expect(await shown(person, conversation)).toEqual(['root', 'right']);
  const switched = await person.client.conversations.switchBranch(conversation, left.id);
  const messages = await historyOf(person, conversation);
  expect(messages.map(({ content }) => content)).toEqual(['root', 'left', 'left leaf']);
  expect(switched.active_leaf_id).toBe(messages.at(-1)?.id);
  await write(person, conversation, 'goes on');
  expect(await shown(person, conversation)).toEqual(['root', 'left', 'left leaf', 'goes on']);
  const { status } = await person.json('PUT', `/conversations/${await newConversation(person)}/branch`, {
    leaf_id: root.id,
  });
  expect(status).toBe(404);
});

test('every root is a sibling of the others', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  const [one, two] = [
    await write(person, conversation, 'one', { parent_id: null }),
    await write(person, conversation, 'two', { parent_id: null }),
  ];
  expect(two.sibling_ids).toEqual([one.id, two.id]);
  const [root] = await historyOf(person, conversation);
  expect(root).toMatchObject({ sibling_ids: [one.id, two.id], active_sibling_id: two.id });
});

test('deleting a message deletes what is below it; the branch beside it is shown, and the counts follow', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  const root = await write(person, conversation, 'root');
  await write(person, conversation, 'kept', { role: 'assistant' });
  const cut = await write(person, conversation, 'cut', { parent_id: root.id });
  await write(person, conversation, 'cut below', { role: 'assistant' });
  const before = await person.client.conversations.overview();
  const deleted = await person.client.messages.delete(cut.id);
  expect(deleted.deleted).toEqual({ messages: 2 });
  expect(await shown(person, conversation)).toEqual(['root', 'kept']);
  expect((await person.fetch(`/messages/${cut.id}/trace`)).status).toBe(404);
  const history = (await person.json<ConversationHistory>('GET', `/conversations/${conversation}`)).body;
  expect(history).toMatchObject({ message_count: 2, active_leaf_id: deleted.active_leaf_id });
  const after = await person.client.conversations.overview();
  expect(before.messages_by_role).toEqual({ user: 2, assistant: 2, system: 0 });
  expect(after.messages_by_role).toEqual({ user: 1, assistant: 1, system: 0 });
  await person.client.messages.delete(root.id);
  expect(await shown(person, conversation)).toEqual([]);
  await write(person, conversation, 'a new beginning');
  expect(await shown(person, conversation)).toEqual(['a new beginning']);
});

test('a branch as deep as it is long is deleted at once', { timeout: 60_000 }, async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  const root = await write(person, conversation, 'root');
  const { pool } = (await app()).app.db;
  const ids = Array.from({ length: 2_000 }, () => crypto.randomUUID());
  await pool.query(
    `INSERT INTO messages (user_id, conversation_id, id, parent_id, seq, role, content, status, metadata, created_at)
     SELECT $1, $2, w.id, w.parent, w.at + 10, 'user', 'deep', 'complete', '{}', now()
     FROM unnest($3::uuid[], $4::uuid[], $5::int[]) AS w (id, parent, at)`,
    [person.id, conversation, ids, [root.id, ...ids.slice(0, -1)], ids.map((_, at) => at)],
  );
  const { deleted } = await person.client.messages.delete(root.id);
  expect(deleted.messages).toBe(2_001);
});

test('an answer that is being written ends when its branch is deleted', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  const gate = closedGate();
  provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
  const stream = await askStream(person, conversation, 'Tell me.');
  await readUntil(stream, ({ type }) => type === 'delta');
  const [question] = await historyOf(person, conversation);
  await person.client.messages.delete(question?.id ?? '');
  await until('nothing runs', async () => {
    const { rows } = await (
      await app()
    ).app.db.pool.query('SELECT 1 FROM work WHERE user_id = $1', [person.id]);
    return rows.length === 0;
  });
  gate.open();
  expect(await historyOf(person, conversation)).toEqual([]);
});

test('an answer is rated, rated otherwise, and the rating is taken back', async () => {
  const person = await somebody();
  const conversation = await newConversation(person);
  provider.script(behave.answer('Well.'));
  const { message_id: id, user_message_id: question } = (await askJson(person, conversation, 'Well?')).body;
  const feedbackOf = async () => (await historyOf(person, conversation))[1]?.feedback;
  expect(await feedbackOf()).toBeNull();
  await person.client.messages.rate(id, { rating: 'down', reason: 'Too short.' });
  expect(await feedbackOf()).toMatchObject({ rating: 'down', reason: 'Too short.' });
  await person.client.messages.rate(id, { rating: 'up' });
  expect(await feedbackOf()).toMatchObject({ rating: 'up', reason: null });
  await person.client.messages.rate(id, { rating: null });
  expect(await feedbackOf()).toBeNull();
  expect((await person.json('PUT', `/messages/${question}/feedback`, { rating: 'up' })).status).toBe(409);
  expect((await person.json('PUT', `/messages/${id}/feedback`, { rating: 'fine' })).status).toBe(400);
});
