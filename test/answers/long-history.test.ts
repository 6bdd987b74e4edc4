import { randomUUID } from 'node:crypto';
import type { ConversationHistory } from '@alcove/contract';
import { expect, test } from 'vitest';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';

const server = sharedApp();
const messages = 1_500;

test('a page deep in a long history reads no more than the first one', async () => {
  const app = await server();
  const person = await newPerson(app.baseUrl);
  const ids = await plant(app, person);
  const path = `/conversations/${ids.conversation}?limit=200`;

  const first = await readingsOf(app, () => pageOf(person, path));
  const deep = await readingsOf(app, () => pageOf(person, `${path}&before=${ids.messages[300]}`));

  expect(first.page.messages.map(({ id }) => id)).toEqual(ids.messages.slice(-200));
  expect(deep.page.messages.map(({ id }) => id)).toEqual(ids.messages.slice(100, 300));
  expect(deep.page.has_more).toBe(true);
  expect(first.branchReads).toBe(1);
  expect(deep.branchReads).toBe(1);
});

test('a page before a message of another branch goes on above that message', async () => {
  const person = await newPerson((await server()).baseUrl);
  const { id } = await person.client.conversations.create();
  const append = async (content: string, parent?: string): Promise<string> => {
    const body = { role: 'user', content, ...(parent === undefined ? {} : { parent_id: parent }) };
    return (await person.json<{ id: string }>('POST', `/conversations/${id}/messages`, body)).body.id;
  };
  const root = await append('root');
  const left = await append('left');
  const leftLeaf = await append('left leaf');
  await append('right', root);

  const shown = await pageOf(person, `/conversations/${id}?before=${leftLeaf}`);
  expect(shown.messages.map((message) => message.id)).toEqual([root, left]);
  const none = await pageOf(person, `/conversations/${id}?before=${root}`);
  expect([none.messages, none.has_more]).toEqual([[], false]);
});

test('a page around a message is of the branch that goes on through it, and so is what comes after', async () => {
  const app = await server();
  const person = await newPerson(app.baseUrl);
  const ids = await plant(app, person);
  const path = `/conversations/${ids.conversation}?limit=50`;
  const around = await pageOf(person, `${path}&around=${ids.messages[700]}`);
  expect(around.messages.map(({ id }) => id)).toEqual(ids.messages.slice(676, 726));
  expect(around).toMatchObject({ has_more: true, has_later: true, leaf_id: ids.messages.at(-1) });
  const after = await pageOf(person, `${path}&after=${ids.messages[725]}`);
  expect(after.messages.map(({ id }) => id)).toEqual(ids.messages.slice(726, 776));
  expect(after).toMatchObject({ has_more: true, has_later: true });
  const last = await pageOf(person, `${path}&after=${ids.messages.at(-3)}`);
  expect(last.messages.map(({ id }) => id)).toEqual(ids.messages.slice(-2));
  expect(last.has_later).toBe(false);
  const none = await pageOf(person, `${path}&after=${ids.messages.at(-1)}`);
  expect([none.messages, none.has_later]).toEqual([[], false]);
});

test('a page around a message of another branch leaves the active branch as it is', async () => {
  const person = await newPerson((await server()).baseUrl);
  const { id } = await person.client.conversations.create();
  const append = async (content: string, parent_id?: string) =>
    (await person.client.messages.add(id, { role: 'user', content, ...(parent_id ? { parent_id } : {}) })).id;
  const root = await append('root');
  const left = await append('left');
  const leftLeaf = await append('left leaf');
  const right = await append('right', root);

  const shown = await pageOf(person, `/conversations/${id}?around=${left}`);
  expect(shown.messages.map((message) => message.id)).toEqual([root, left, leftLeaf]);
  expect(shown).toMatchObject({ leaf_id: leftLeaf, active_leaf_id: right, has_later: false });
  expect(shown.messages.map((message) => message.active_sibling_id)).toEqual([root, right, null]);
  const both = await pageOf(person, `/conversations/${id}?around=${root}`);
  expect(both.messages.map((message) => message.id)).toEqual([root, right]);

  await person.client.messages.delete(left);
  expect((await person.json('GET', `/conversations/${id}?around=${left}`)).status).toBe(404);
  const two = `/conversations/${id}?around=${root}&before=${right}`;
  expect((await person.json('GET', two)).status).toBe(400);
});

async function pageOf(person: Person, path: string): Promise<ConversationHistory> {
  const { status, body } = await person.json<ConversationHistory>('GET', path);
  expect(status).toBe(200);
  return body;
}

/** How many statements walked along messages. */
async function readingsOf(
  app: TestApp,
  read: () => Promise<ConversationHistory>,
): Promise<{ page: ConversationHistory; branchReads: number }> {
  const before = app.logs.length;
  const page = await read();
  const branchReads = app.logs
    .slice(before)
    .filter((line) => /from .{0,2}messages.{0,3} where.*order by/.test(line)).length;
  return { page, branchReads };
}

async function plant(app: TestApp, person: Person): Promise<{ conversation: string; messages: string[] }> {
  const { id: conversation } = await person.client.conversations.create();
  const ids = Array.from({ length: messages }, () => randomUUID());
  const { pool } = app.app.db;
  await pool.query(
    `INSERT INTO messages (user_id, conversation_id, id, parent_id, seq, role, content, status, metadata, created_at)
     SELECT $1, $2, ids[n], ids[n - 1], n, 'user', 'Message ' || n, 'complete', '{}', now()
     FROM (SELECT $3::uuid[] AS ids) AS given, generate_series(1, array_length(ids, 1)) AS n`,
    [person.id, conversation, ids],
  );
  await pool.query(
    'UPDATE conversations SET next_seq = $3, message_count = $4, active_leaf_id = $5 WHERE user_id = $1 AND id = $2',
    [person.id, conversation, messages + 1, messages, ids.at(-1)],
  );
  return { conversation, messages: ids };
}
