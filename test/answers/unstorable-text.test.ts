import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { askJson, askStream, conversationAbout, historyOf, newConversation } from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { until } from './support/until.ts';
import { messageIdOf, readAll, type WireEvent, wireEvents } from './support/wire-events.ts';

// PostgreSQL stores neither NUL nor half a surrogate pair, and no count with a fraction: an answer must end all the same.

const { provider, app } = await answeringApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

test('NUL characters of a model are left out of its answer', async () => {
  const id = await newConversation(person);
  provider.script(behave.answer('Water\0 is\0\0 wet.'));
  const { status, body } = await askJson(person, id, 'What is water?');
  expect({ status, is: body.status, answer: body.answer }).toEqual({
    status: 200,
    is: 'complete',
    answer: 'Water is wet.',
  });
  expect((await historyOf(person, id)).at(-1)).toMatchObject({ content: 'Water is wet.' });
});

test('half of a surrogate pair in a rewritten question is replaced', async () => {
  const id = await conversationAbout(person, 'The lighthouse of Marsk was built in 1871.');
  provider.script(behave.answer('In 1871 [1].'));
  await askJson(person, id, 'When was it built?');
  provider.script(
    behave.answer(String.raw`["lighthouse of Marsk \ud83d \u0000 keeper"]`),
    behave.answer('No.'),
  );
  const { body } = await askJson(person, id, 'And who kept it?');
  expect(body).toMatchObject({
    status: 'complete',
    metadata: { rewritten_query: 'lighthouse of Marsk \ufffd keeper' },
  });
});

test.each([12.5, -1, 1e30])('a model that counts %s tokens is not believed', async (count) => {
  const id = await newConversation(person);
  provider.script(behave.answer('Wet!', { usage: { input: count, output: count } }));
  const { body } = await askJson(person, id, 'What is water?');
  expect(body).toMatchObject({ status: 'complete', answer: 'Wet!' });
  expect(body.metadata.tokens.output).toBeLessThan(10);
});

test('an answer whose writer is gone is ended with what can be stored of it', async () => {
  const { pool } = (await app()).app.db;
  const id = await newConversation(person);
  const gate = closedGate();
  provider.script(behave.answer('Slowly, word for word.', { until: gate.opened }));
  const events = wireEvents(await askStream(person, id, 'Tell me.'));
  const seen: WireEvent[] = [];
  while (seen.at(-1)?.type !== 'delta') seen.push((await events.next()).value as WireEvent);
  const messageId = messageIdOf(seen);
  // As an earlier version has written it.
  const event = JSON.stringify({ type: 'delta', text: ' and\0 no more' });
  await pool.query(
    `INSERT INTO answer_events (user_id, conversation_id, message_id, seq, event) VALUES ($1, $2, $3, 100, $4)`,
    [person.id, id, messageId, event],
  );
  const left = `UPDATE work SET token = $3, due_at = now() WHERE user_id = $1 AND item_id = $2`;
  await pool.query(left, [person.id, messageId, randomUUID()]);
  const answer = await until('the answer has ended', async () =>
    (await historyOf(person, id)).find(({ status }) => status === 'incomplete'),
  );
  expect(answer.content).toBe('Slowly, and\ufffd no more');
  gate.open();
  await readAll(events);
});
