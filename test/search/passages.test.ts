import { beforeAll, expect, test } from 'vitest';
import { UserScope } from '../../src/identity/user-scope.ts';
import { type PassageRange, writeLexemes } from '../../src/search/index-store.ts';
import { indexEverybody, indexTexts } from '../../src/search/index-texts.ts';
import { addText, newConversation } from '../answers/support/asking.ts';
import { textFile } from '../documents/support/files.ts';
import { formOf } from '../documents/support/uploading.ts';
import { databaseKind, newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { isDistributed } from '../support/database-kind.ts';

// What search knows of passages lies beside them: it follows whatever becomes of their document.

const app = sharedApp();
let server: TestApp;
let person: Person;
beforeAll(async () => {
  server = await app();
  person = await newPerson(server.baseUrl);
});

/** Documents in which a passage is found, by the conversation that they are in. */
async function whereFound(word: string): Promise<[conversation: string, document: string | null][]> {
  const { results } = await person.client.search(word, { in: ['documents'] });
  return results
    .filter(({ chunk_id: passage }) => passage !== null)
    .map((hit) => [hit.conversation_id, hit.document_id]);
}

async function termsOf(documentId: string): Promise<number> {
  const { rows } = await server.app.db.pool.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM chunk_terms WHERE document_id = $1',
    [documentId],
  );
  return rows[0]?.n ?? Number.NaN;
}

test('a copied document is found in both places', async () => {
  const [from, to] = [await newConversation(person), await newConversation(person)];
  const { id } = await addText(person, from, 'The whinchat sings on the fence.');
  expect(await whereFound('whinchat')).toEqual([[from, id]]);
  const { documents } = await person.client.documents.copy([id], to);
  const copy = documents[0]?.id ?? '';
  expect((await whereFound('whinchat')).toSorted()).toEqual(
    [
      [from, id],
      [to, copy],
    ].toSorted(),
  );
  await person.client.documents.delete(id);
  expect(await whereFound('whinchat')).toEqual([[to, copy]]);
  expect([await termsOf(id), await termsOf(copy)]).toEqual([0, 1]);
});

test('a moved document is found where it is now', async () => {
  const [from, to] = [await newConversation(person), await newConversation(person)];
  const { id } = await addText(person, from, 'The wheatear nests in a wall.');
  expect(await whereFound('wheatear')).toEqual([[from, id]]);
  await person.client.documents.move([id], to);
  expect(await whereFound('wheatear')).toEqual([[to, id]]);
  await person.client.documents.move([id], from);
  expect(await whereFound('wheatear')).toEqual([[from, id]]);
});

test('who has read a document before it went away and came back indexes nothing of it', async () => {
  const [here, there] = [await newConversation(person), await newConversation(person)];
  const { id } = await addText(person, here, 'The ring ouzel comes back.');
  const before = await revisionOf(id);
  await person.client.documents.move([id], there);
  await person.client.documents.move([id], here);
  await writeAsOf(before, here, id);
  expect(await whereFound('ouzel')).toEqual([[here, id]]);
  expect(await termsOf(id)).toBe(1);
});

test('a text of more different words than a row can hold is found by its first ones', async () => {
  const conversation = await newConversation(person);
  const from = 0x4e00;
  const pairs = Array.from({ length: 80_000 }, (_, at) =>
    String.fromCodePoint(from + (at % 8_000), from + ((at * 7 + Math.floor(at / 8_000)) % 8_000)),
  );
  await person.json('POST', `/conversations/${conversation}/messages`, {
    role: 'user',
    content: `The siskin. ${pairs.join('')}`,
  });
  const { results } = await person.client.search('siskin', { in: ['messages'] });
  expect(results).toHaveLength(1);
});

test('who cannot be indexed holds up nobody else', async () => {
  const { db } = server.app;
  const [first, second] = [await newPerson(server.baseUrl), await newPerson(server.baseUrl)];
  await first.client.conversations.create({ title: 'Planted to fail' });
  const texts = await Promise.all([first, second].map((one) => newConversation(one)));
  for (const [at, one] of [first, second].entries())
    await one.json('POST', `/conversations/${texts[at]}/messages`, { role: 'user', content: 'A serin.' });
  await db.pool.query(
    `ALTER TABLE conversation_terms ADD CONSTRAINT planted CHECK (title <> 'Planted to fail') NOT VALID`,
  );
  const told: unknown[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => void told.push(fields) };
  const waiting = async () => {
    const { rows } = await db.pool.query<{ userId: string }>(
      `SELECT user_id AS "userId" FROM messages WHERE terms IS NULL AND user_id = ANY($1)`,
      [[first.id, second.id]],
    );
    return rows.map(({ userId }) => userId);
  };
  await indexEverybody(db, new AbortController().signal, log);
  expect(told).toMatchObject([{ user: first.id }]);
  expect(await waiting()).toEqual([first.id]);
  await db.pool.query('ALTER TABLE conversation_terms DROP CONSTRAINT planted');
  await indexEverybody(db, new AbortController().signal, log);
  expect(await waiting()).toEqual([]);
});

test('a replaced document is found by its new words only', async () => {
  const conversation = await newConversation(person);
  const { id } = await addText(person, conversation, 'The redstart arrives in April.');
  expect(await whereFound('redstart')).toEqual([[conversation, id]]);
  const form = formOf(textFile('newer.txt', 'The fieldfare arrives in October.'));
  await person.fetch(`/documents/${id}/replace`, { method: 'POST', body: form });
  await person.client.documents.wait(id);
  expect(await whereFound('fieldfare')).toEqual([[conversation, id]]);
  expect(await whereFound('redstart')).toEqual([]);
});

test('every passage of a long document is indexed once, by however many at a time', async () => {
  const { db } = server.app;
  const conversation = await newConversation(person);
  const { id } = await addText(person, conversation, 'The log of the stonechat.');
  const passages = 1_000;
  await db.pool.query(
    `INSERT INTO chunks (user_id, conversation_id, document_id, ordinal, id, heading, char_start, char_end, tokens, content)
     SELECT $1, $2, $3, n, gen_random_uuid(), '{}', 0, 1, 1, 'Stonechat number' || n FROM generate_series(1, ${passages}) n`,
    [person.id, conversation, id],
  );
  await db.pool.query('UPDATE documents SET chunk_count = $3 WHERE user_id = $1 AND id = $2', [
    person.id,
    id,
    passages + 1,
  ]);
  const user = UserScope.grant(person.id);
  const all = { batches: 100, isInTurn: false };
  const left = await Promise.all([indexTexts(db, user, all), indexTexts(db, user, all)]);
  expect(left).toEqual([false, false]);
  expect(await termsOf(id)).toBe(passages + 1);
  expect(await whereFound(`number${passages}`)).toEqual([[conversation, id]]);
  await person.client.documents.delete(id);
  expect(await termsOf(id)).toBe(0);
});

/** Writes a lexeme as one who has read the document when it had this revision. */
async function writeAsOf(revision: number, conversationId: string, id: string): Promise<void> {
  const range: PassageRange = { conversationId, id, revision, language: 'en', from: 7, to: 8 };
  const text = { place: 'documents' as const, conversationId, id, ordinal: 7, language: 'en', text: '' };
  await writeLexemes(server.app.db, UserScope.grant(person.id), [{ ...text, lexemes: ['planted'] }], [range]);
}

async function revisionOf(id: string): Promise<number> {
  const { rows } = await server.app.db.pool.query<{ revision: number }>(
    'SELECT revision FROM documents WHERE user_id = $1 AND id = $2',
    [person.id, id],
  );
  return rows[0]?.revision ?? Number.NaN;
}

test('lexemes of passages that were replaced meanwhile are not kept', async () => {
  const conversation = await newConversation(person);
  const { id } = await addText(person, conversation, 'The dipper walks under water.');
  expect(await whereFound('dipper')).toEqual([[conversation, id]]);
  const revision = await revisionOf(id);
  await writeAsOf(revision - 1, conversation, id);
  expect(await termsOf(id)).toBe(1);
  await writeAsOf(revision, conversation, id);
  expect(await termsOf(id)).toBe(2);
});

test.skipIf(databaseKind !== 'postgres' || isDistributed())('nor while they are being replaced', async () => {
  const conversation = await newConversation(person);
  const { id } = await addText(person, conversation, 'The nuthatch climbs head first.');
  expect(await whereFound('nuthatch')).toEqual([[conversation, id]]);
  const revision = await revisionOf(id);
  const other = await server.app.db.pool.connect();
  try {
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM documents WHERE user_id = $1 AND id = $2 FOR UPDATE', [person.id, id]);
    await other.query('UPDATE documents SET revision = revision + 1 WHERE user_id = $1 AND id = $2', [
      person.id,
      id,
    ]);
    const written = writeAsOf(revision, conversation, id);
    await other.query('COMMIT');
    await written;
  } finally {
    other.release();
  }
  expect(await termsOf(id)).toBe(1);
});
