import type { Conversation, Document, Problem } from '@alcove/contract';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { pathsWith, readEveryRoute } from '../conversations/support/read-every-route.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { storedIndex } from './support/embedded-documents.ts';
import { uploadHeld } from './support/upload-held.ts';
import { countersOf, filesOf, noRows, rowsOf } from './support/uploading.ts';

const { provider, app } = await answeringApp({}, { embeddings: true });
const canary = 'OSPREY-5513';
const dayMs = 24 * 3_600_000;

async function somebody(): Promise<Person> {
  return newPerson((await app()).baseUrl);
}

async function deletedBytesOf(server: TestApp, { id }: Person): Promise<number> {
  const sql = 'SELECT deleted_bytes AS n FROM user_counters WHERE user_id = $1';
  const { rows } = await server.app.db.pool.query<{ n: number }>(sql, [id]);
  return Number(rows[0]?.n);
}

/** Of all that this person has deleted. */
async function endWindow(server: TestApp, { id }: Person): Promise<void> {
  const sql = `UPDATE conversations SET purge_at = now() - interval '1 second'
    WHERE user_id = $1 AND deleted_at IS NOT NULL`;
  await server.app.db.pool.query(sql, [id]);
}

async function findsIt(person: Person, conversation: string): Promise<boolean> {
  const { results } = await person.client.retrieve(conversation, { query: canary });
  return results.some(({ content }) => content.includes(canary));
}

test(
  'a document that was deleted is gone from every route, and comes back as it was',
  { timeout: 120_000 },
  async () => {
    const [server, person] = [await app(), await somebody()];
    const conversation = await newConversation(person);
    const document = await addText(person, conversation, `The word is ${canary}.`, `${canary}.txt`);
    const stays = await addText(person, conversation, 'Something else stays here.');
    const before = await readEveryRoute(server, person, [conversation, document.id], canary);
    expect(pathsWith(before, canary).length).toBeGreaterThan(5);
    const counted = await countersOf(person);

    const gone = await person.client.documents.delete(document.id, { restorable: true });
    expect(gone.deleted).toEqual({ documents: 1, chunks: 1, bytes: document.size_bytes });
    expect(Date.parse(gone.restorable_until ?? '') - Date.now()).toBeGreaterThan(29 * dayMs);
    const after = await readEveryRoute(server, person, [conversation, document.id], canary);
    expect(pathsWith(after, canary)).toEqual([]);
    expect(pathsWith(after, document.id)).toEqual([]);
    expect(await findsIt(person, conversation)).toBe(false);
    const everywhere = await person.client.asking.askAnew({ query: `What is ${canary}?`, scope: 'all' });
    expect(JSON.stringify(everywhere)).not.toContain(`is ${canary}.`);
    expect(await countersOf(person)).toMatchObject({
      documents: counted.documents - 1,
      bytes: counted.bytes - document.size_bytes,
    });
    expect(await deletedBytesOf(server, person)).toBe(document.size_bytes);
    const shown = await person.client.conversations.list({ status: 'deleted' });
    expect(shown.conversations).toEqual([]);
    expect(await person.client.documents.get(stays.id)).toMatchObject({ status: 'ready' });
    expect((await person.json('DELETE', `/documents/${document.id}?restorable=true`)).status).toBe(404);
    await person.client.conversations.delete(everywhere.conversation_id, { permanently: true });

    const embedded = provider.requests.filter(({ path }) => path.endsWith('/embeddings')).length;
    const back = await person.client.documents.restore(document.id);
    expect(back).toMatchObject({ id: document.id, conversation_id: conversation, status: 'ready' });
    expect(await person.client.documents.restore(document.id)).toMatchObject({ id: document.id });
    expect(await findsIt(person, conversation)).toBe(true);
    expect(await countersOf(person)).toEqual(counted);
    expect(await deletedBytesOf(server, person)).toBe(0);
    expect(await (await person.fetch(`/documents/${document.id}/content`)).text()).toContain(canary);
    expect(provider.requests.filter(({ path }) => path.endsWith('/embeddings'))).toHaveLength(embedded);
    const again = await readEveryRoute(server, person, [conversation, document.id], canary);
    expect(pathsWith(again, canary)).toEqual(pathsWith(before, canary));
    const { rows } = await server.app.db.pool.query(
      'SELECT 1 FROM conversations WHERE user_id = $1 AND deleted_at IS NOT NULL',
      [person.id],
    );
    expect(rows).toEqual([]);
  },
);

test('when its window ends it is erased with its original', { timeout: 60_000 }, async () => {
  const [server, person] = [await app(), await somebody()];
  const document = await addText(person, await newConversation(person), canary);
  await person.client.documents.delete(document.id, { restorable: true });
  expect(await filesOf(server, person)).toHaveLength(1);
  await endWindow(server, person);
  await until('the original is gone', async () => (await filesOf(server, person)).length === 0, 30_000);
  expect(await rowsOf(server, document.id)).toEqual(noRows);
  expect((await person.json('POST', `/documents/${document.id}/restore`)).status).toBe(404);
  expect(await deletedBytesOf(server, person)).toBe(0);
});

test('without a word, in a temporary conversation and without an undo window it is erased at once', async () => {
  const [server, person] = [await app(), await somebody()];
  const kept = await addText(person, await newConversation(person), canary);
  expect((await person.client.documents.delete(kept.id)).restorable_until).toBeNull();
  const { body } = await person.json<Conversation>('POST', '/conversations', { temporary: true });
  expect(await person.client.conversations.previewDeletion(body.id)).toMatchObject({ restorable_days: 0 });
  const short = await addText(person, body.id, canary);
  const gone = await person.client.documents.delete(short.id, { restorable: true });
  expect(gone).toMatchObject({ deleted: { documents: 1 }, restorable_until: null });
  for (const { id } of [kept, short]) expect(await rowsOf(server, id)).toEqual(noRows);
  const strict = await startTestApp({ env: { UNDO_DAYS: '0' } });
  try {
    const other = await newPerson(strict.baseUrl);
    const one = await addText(other, await newConversation(other), canary);
    const erased = await other.client.documents.delete(one.id, { restorable: true });
    expect(erased.restorable_until).toBeNull();
    expect(await rowsOf(strict, one.id)).toEqual(noRows);
  } finally {
    await strict.close();
  }
});

test('what was being read when it was deleted is read when it comes back', { timeout: 60_000 }, async () => {
  const person = await somebody();
  const { document, parser } = await uploadHeld(person, await newConversation(person));
  await person.client.documents.delete(document.id, { restorable: true });
  await parser.ended();
  expect((await person.json('GET', `/documents/${document.id}`)).status).toBe(404);
  await person.client.documents.restore(document.id);
  const { body } = await person.json<Document>('GET', `/documents/${document.id}`);
  expect(['queued', 'extracting', 'chunking', 'embedding', 'ready']).toContain(body.status);
  await person.client.documents.cancel(document.id).catch(() => null);
});

test.each(['document', 'conversation'] as const)(
  'vectors that were being made anew when a %s was deleted are made when it comes back',
  { timeout: 60_000 },
  async (what) => {
    const [server, person] = [await app(), await somebody()];
    const conversation = await newConversation(person);
    const document = await addText(person, conversation, `The word is ${canary}.`);
    const findsByMeaning = async (): Promise<boolean> => {
      const { results } = await person.client.retrieve(conversation, { query: canary, strategy: 'vector' });
      return results.length === 1;
    };
    expect(await findsByMeaning()).toBe(true);
    const before = await storedIndex(server, document.id);
    if (what === 'document') await person.client.documents.delete(document.id, { restorable: true });
    else await person.client.conversations.delete(conversation);
    // As they are while they are made anew, which a deletion ends.
    await server.app.db.pool.query(`DELETE FROM segments WHERE document_id = $1 AND kind LIKE 'vector:%'`, [
      document.id,
    ]);
    if (what === 'document') await person.client.documents.restore(document.id);
    else await person.client.conversations.restore(conversation);
    const areThere = async () => isDeepStrictEqual(await storedIndex(server, document.id), before);
    await until('they are there again', areThere, 30_000);
    expect(await findsByMeaning()).toBe(true);
  },
);

describe('the conversation of a deleted document', () => {
  test('takes it along when it is erased, and has it back when it comes back itself', async () => {
    const [server, person] = [await app(), await somebody()];
    const conversation = await newConversation(person);
    const document = await addText(person, conversation, canary);
    await person.client.documents.delete(document.id, { restorable: true });
    await person.client.conversations.delete(conversation);
    expect((await person.json('POST', `/documents/${document.id}/restore`)).status).toBe(404);
    await person.client.conversations.restore(conversation);
    expect(await person.client.documents.restore(document.id)).toMatchObject({ status: 'ready' });
    expect(await findsIt(person, conversation)).toBe(true);
    await person.client.documents.delete(document.id, { restorable: true });
    await person.client.conversations.delete(conversation, { permanently: true });
    expect(await rowsOf(server, document.id)).toEqual(noRows);
    expect(await deletedBytesOf(server, person)).toBe(0);
    await until('the original is gone', async () => (await filesOf(server, person)).length === 0, 30_000);
  });

  test.each(['is deleted', 'is over by itself'])(
    'takes it along when it is temporary and %s',
    async (how) => {
      const [server, person] = [await app(), await somebody()];
      const conversation = await newConversation(person);
      const document = await addText(person, conversation, canary);
      await person.client.documents.delete(document.id, { restorable: true });
      await person.client.conversations.update(conversation, { expires_in_s: 60 });
      if (how === 'is deleted') await person.client.conversations.delete(conversation);
      else {
        const sql = `UPDATE conversations SET purge_at = now() - interval '1 second' WHERE id = $1`;
        await server.app.db.pool.query(sql, [conversation]);
      }
      const isErased = async () => (await rowsOf(server, document.id)).chunks === 0;
      await until('it is erased', isErased, 30_000);
      expect(await rowsOf(server, document.id)).toEqual(noRows);
      expect(await deletedBytesOf(server, person)).toBe(0);
    },
  );

  test('cannot be reached by where the document waits', async () => {
    const [server, person] = [await app(), await somebody()];
    const document = await addText(person, await newConversation(person), canary);
    await person.client.documents.delete(document.id, { restorable: true });
    const { rows } = await server.app.db.pool.query<{ id: string }>(
      'SELECT id FROM conversations WHERE user_id = $1 AND deleted_at IS NOT NULL',
      [person.id],
    );
    const bin = rows[0]?.id ?? '';
    for (const [method, path] of [
      ['GET', `/conversations/${bin}`],
      ['GET', `/conversations/${bin}/documents`],
      ['POST', `/conversations/${bin}/restore`],
      ['DELETE', `/conversations/${bin}?permanently=true`],
    ] as const)
      expect((await person.json(method, path)).status, `${method} ${path}`).toBe(404);
    const listed = await person.json<{ conversations: unknown[] }>('GET', '/conversations?status=deleted');
    expect(listed.body.conversations).toEqual([]);
  });
});

test('several are deleted together and come back one by one; an answer that cited one links to it again', async () => {
  const [server, person] = [await app(), await somebody()];
  const [one, two] = [await newConversation(person), await newConversation(person)];
  const documents = [
    await addText(person, one, `The word is ${canary}.`),
    await addText(person, one, 'Another one of the first conversation.'),
    await addText(person, two, 'One of the second conversation.'),
  ];
  provider.script(behave.answer(`It is ${canary} [1].`));
  const { body: answer } = await askJson(person, one, `What is ${canary}?`);
  expect(answer.sources[0]?.document_id).toBe(documents[0]?.id);
  const ids = documents.map(({ id }) => id);
  const gone = await person.client.documents.deleteMany(ids, { restorable: true });
  expect(gone).toMatchObject({ deleted: { documents: 3 }, restorable_until: expect.any(String) });
  expect(await countersOf(person)).toMatchObject({ documents: 0, chunks: 0, bytes: 0 });
  for (const [at, id] of ids.entries())
    expect((await person.client.documents.restore(id)).conversation_id).toBe(at < 2 ? one : two);
  expect(await countersOf(person)).toMatchObject({ documents: 3 });
  expect(await deletedBytesOf(server, person)).toBe(0);
  expect(await findsIt(person, one)).toBe(true);
});

test('somebody else restores nothing, nor a key of another conversation', async () => {
  const [person, other] = [await somebody(), await somebody()];
  const [one, two] = [await newConversation(person), await newConversation(person)];
  const document = await addText(person, one, canary);
  await person.client.documents.delete(document.id, { restorable: true });
  const path = `/documents/${document.id}/restore`;
  const missing = await other.json<Problem>('POST', path);
  const never = await other.json<Problem>('POST', '/documents/00000000-0000-4000-8000-000000000000/restore');
  expect([missing.status, missing.body.error]).toEqual([404, never.body.error]);
  const keyFor = async (conversation: string): Promise<Record<string, string>> => {
    const { body } = await person.json<{ key: string }>('POST', '/auth/keys', {
      name: 'one',
      scope: 'conversation',
      conversation_id: conversation,
    });
    return { authorization: `Bearer ${body.key}` };
  };
  const by = async (conversation: string, method: string, at: string): Promise<number> =>
    (await fetch(`${person.baseUrl}${at}`, { method, headers: await keyFor(conversation) })).status;
  expect(await by(two, 'POST', path)).toBe(403);
  expect(await by(one, 'POST', path)).toBe(200);
  expect(await by(one, 'DELETE', `/documents/${document.id}?restorable=true`)).toBe(200);
  expect(await by(one, 'POST', path)).toBe(200);
});

test('a request that is repeated restores once', async () => {
  const person = await somebody();
  const document = await addText(person, await newConversation(person), canary);
  await person.client.documents.delete(document.id, { restorable: true });
  const restore = () =>
    person.fetch(`/documents/${document.id}/restore`, {
      method: 'POST',
      headers: { 'idempotency-key': 'back', 'content-type': 'application/json' },
      body: '{}',
    });
  const [first, second] = [await restore(), await restore()];
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(await first.json()).toMatchObject({ id: document.id });
  expect(second.headers.get('idempotency-replayed')).toBe('true');
});

test('a full conversation says so, and the document waits on', async () => {
  const server = await startTestApp({ env: { MAX_DOCUMENTS_PER_CONVERSATION: '1' } });
  try {
    const person = await newPerson(server.baseUrl);
    const conversation = await newConversation(person);
    const document = await addText(person, conversation, canary);
    await person.client.documents.delete(document.id, { restorable: true });
    const other = await addText(person, conversation, 'Took its place.');
    const refused = await person.json<Problem>('POST', `/documents/${document.id}/restore`);
    expect(refused.body.code).toBe('quota_exceeded');
    await person.client.documents.delete(other.id);
    expect((await person.client.documents.restore(document.id)).id).toBe(document.id);
  } finally {
    await server.close();
  }
});
