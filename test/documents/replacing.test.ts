import type { Document } from '@alcove/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { addText, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { encryptedPdf, textFile } from './support/files.ts';
import { type HeldParser, holdParser } from './support/hold-parser.ts';
import { documentOf, filesOf, formOf } from './support/uploading.ts';

// A new version of a document: the old one serves until the new one is read.

const app = sharedApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

const old = 'The heron colony at Lake Sorrow held 412 nests in 2025.';
const newer = textFile('herons-2026.txt', 'The heron colony at Lake Sorrow held 530 nests in 2026.');

async function replace(id: string, file = newer): Promise<Document> {
  const response = await person.fetch(`/documents/${id}/replace`, { method: 'POST', body: formOf(file) });
  expect(response.status).toBe(202);
  return (await response.json()) as Document;
}

async function replaceHeld(id: string, file = newer): Promise<HeldParser> {
  const parser = holdParser();
  await replace(id, file);
  return parser;
}

async function found(conversation: string): Promise<string[]> {
  const { body } = await person.json<{ results: { content: string }[] }>(
    'POST',
    `/conversations/${conversation}/retrieve`,
    { query: 'How many nests did the heron colony hold?' },
  );
  return body.results.map(({ content }) => content);
}

async function bytesOf(): Promise<number> {
  return (await person.client.documents.listAll()).quota.bytes;
}

describe('a new version', () => {
  test('leaves the old one in search until it is read, and then takes its place', async () => {
    const conversation = await newConversation(person);
    const before = await bytesOf();
    const { id } = await addText(person, conversation, old, 'herons.txt');
    const parser = await replaceHeld(id);
    await until(
      'it is being read',
      async () => (await documentOf(person, id)).replacement?.status === 'extracting',
    );
    expect(await documentOf(person, id)).toMatchObject({
      status: 'ready',
      name: 'herons.txt',
      version: 1,
      chunk_count: 1,
      replacement: { name: newer.name, size_bytes: newer.bytes.length, error: null },
    });
    expect(await found(conversation)).toEqual([expect.stringContaining('412')]);
    expect(await (await person.fetch(`/documents/${id}/content`)).text()).toBe(old);
    parser.release();
    const settled = await person.client.documents.wait(id);
    expect(settled).toMatchObject({ status: 'ready', name: newer.name, version: 2, replacement: null });
    expect(await found(conversation)).toEqual([expect.stringContaining('530')]);
    expect(await (await person.fetch(`/documents/${id}/content`)).text()).toContain('530');
    expect((await bytesOf()) - before).toBe(newer.bytes.length);
  });

  test('that cannot be read leaves the old one, and says why', async () => {
    const conversation = await newConversation(person);
    const { id } = await addText(person, conversation, old, 'herons.txt');
    const before = await bytesOf();
    await replace(id, encryptedPdf('secret.pdf'));
    const settled = await person.client.documents.wait(id);
    expect(settled).toMatchObject({
      status: 'ready',
      name: 'herons.txt',
      version: 1,
      error: null,
      replacement: { name: 'secret.pdf', status: 'failed', error: { code: 'document_encrypted' } },
    });
    expect(await found(conversation)).toEqual([expect.stringContaining('412')]);
    expect(await bytesOf()).toBe(before);
    // It can be put away, or tried again with another file.
    expect((await person.json<Document>('POST', `/documents/${id}/cancel`)).body.replacement).toBeNull();
    await replace(id);
    expect(await person.client.documents.wait(id)).toMatchObject({ version: 2, replacement: null });
  });

  test('can be cancelled, and be followed by another before it is read', async () => {
    const server = await app();
    const who = person;
    const conversation = await newConversation(who);
    const { id } = await addText(who, conversation, old, 'herons.txt');
    const first = await replaceHeld(id);
    expect((await who.json<Document>('POST', `/documents/${id}/cancel`)).body).toMatchObject({
      status: 'ready',
      version: 1,
      replacement: null,
    });
    first.release();
    const second = await replaceHeld(id, textFile('wrong.txt', 'Something else.'));
    await replace(id);
    second.release();
    expect(await who.client.documents.wait(id)).toMatchObject({ name: newer.name, version: 2 });
    expect(await found(conversation)).toEqual([expect.stringContaining('530')]);
    const { documents } = await who.client.documents.listAll({ limit: 200 });
    await until(
      'no other original is left',
      async () => (await filesOf(server, who)).length === documents.length,
      30_000,
    );
  });

  test('waits while a legal hold keeps what it would erase, also one that began while it was read', async () => {
    const server = await app();
    const { pool } = server.app.db;
    const who = await newPerson(person.baseUrl);
    const hold = (isHeld: boolean) =>
      pool.query('UPDATE users SET legal_hold = $2 WHERE id = $1', [who.id, isHeld]);
    const hurry = () => pool.query('UPDATE work SET due_at = now() WHERE user_id = $1', [who.id]);
    const conversation = await newConversation(who);
    const { id } = await addText(who, conversation, old, 'herons.txt');
    const parser = holdParser();
    const asked = await who.fetch(`/documents/${id}/replace`, { method: 'POST', body: formOf(newer) });
    expect(asked.status).toBe(202);
    const held = await parser;
    await hold(true);
    held.release();
    const isTold = async (): Promise<boolean> =>
      /legal hold/.test((await documentOf(who, id)).replacement?.stage_message ?? '');
    await until('it says why it waits', isTold);
    // Asked for once more it is not even read.
    await pool.query(
      `UPDATE documents SET replacement = jsonb_set(replacement, '{stageMessage}', '"not yet"') WHERE id = $1`,
      [id],
    );
    await hurry();
    await until('it says so again', isTold);
    expect(await documentOf(who, id)).toMatchObject({
      status: 'ready',
      name: 'herons.txt',
      version: 1,
      replacement: { name: newer.name, status: 'queued', error: null },
    });
    expect(await (await who.fetch(`/documents/${id}/content`)).text()).toBe(old);
    expect((await who.json('POST', `/documents/${id}/cancel`)).status).toBe(409);
    const { rows } = await pool.query('SELECT 1 FROM blob_deletions WHERE user_id = $1', [who.id]);
    expect(rows).toEqual([]);
    expect(await filesOf(server, who)).toHaveLength(2);
    await hold(false);
    await hurry();
    expect(await who.client.documents.wait(id)).toMatchObject({ version: 2, name: newer.name });
  });

  test('goes on where its document was moved, or its conversation deleted and restored', async () => {
    const conversation = await newConversation(person);
    const other = await newConversation(person);
    const { id } = await addText(person, conversation, old, 'herons.txt');
    const parser = await replaceHeld(id);
    await person.client.documents.move([id], other);
    await person.client.conversations.delete(other);
    await person.client.conversations.restore(other);
    parser.release();
    expect(await person.client.documents.wait(id)).toMatchObject({ version: 2, conversation_id: other });
    expect(await found(other)).toEqual([expect.stringContaining('530')]);
  });

  test('is no part of a copy, and goes with its document', async () => {
    const server = await app();
    const who = await newPerson(person.baseUrl);
    const conversation = await newConversation(who);
    const { id } = await addText(who, conversation, old, 'herons.txt');
    const parser = holdParser();
    await who.fetch(`/documents/${id}/replace`, { method: 'POST', body: formOf(newer) });
    const held = await parser;
    const [copy] = (await who.client.documents.copy([id], await newConversation(who))).documents;
    expect(copy).toMatchObject({ status: 'ready', name: 'herons.txt', replacement: null });
    await who.client.documents.delete(id);
    held.release();
    await until(
      'only the original of the copy is left',
      async () => (await filesOf(server, who)).length === 1,
      30_000,
    );
    await who.client.documents.delete(copy?.id ?? '');
    await until('nothing is left', async () => (await filesOf(server, who)).length === 0, 30_000);
  });
});
