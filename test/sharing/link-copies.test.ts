import { existsSync } from 'node:fs';
import { readdir, readlink, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ContinuedConversation, Conversation, Share, Uploaded } from '@alcove/contract';
import { newPerson, type Person, sharedApp, startTestApp } from '../support/app.ts';
import { openLink, type Shared, shareGlacier, viewOf } from './support/shared-link.ts';

const app = sharedApp();
let baseUrl: string;
let owner: Person;
let reader: Person;

beforeAll(async () => {
  ({ baseUrl } = await app());
  owner = await newPerson(baseUrl);
  reader = await newPerson(baseUrl);
});

const shared = (body: object = {}, withDocument = false): Promise<Shared> =>
  shareGlacier(owner, body, withDocument);
const open = (token: string, headers: Record<string, string> = {}) => openLink(baseUrl, token, headers);

test('a reader goes on with a copy of their own, which outlives the link', async () => {
  const { token, share, id } = await shared({}, true);
  const made = await reader.json<Conversation>('POST', `/s/${token}/continue`);
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ title: 'The glacier', message_count: 2, document_count: 1 });
  await owner.json('DELETE', `/shares/${share.id}`);
  await owner.json('DELETE', `/conversations/${id}`);
  const { documents } = await reader.client.documents.list(made.body.id);
  expect(await (await reader.fetch(`/documents/${documents[0]?.id}/content`)).text()).toContain('412 metres');
  const history = await reader.client.conversations.get(made.body.id);
  expect(history.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
});

describe('a document that was replaced since it was shared', () => {
  async function replaced(): Promise<Shared> {
    const made = await shared({}, true);
    const form = new FormData();
    form.append('file', new File(['The secret of the glacier is 99 metres deep.'], 'secret.txt'));
    const asked = await owner.fetch(`/documents/${made.document}/replace`, { method: 'POST', body: form });
    expect(asked.status).toBe(202);
    expect(await owner.client.documents.wait(made.document)).toMatchObject({
      version: 2,
      name: 'secret.txt',
    });
    return made;
  }

  async function continued({ token }: Shared) {
    const { status, body } = await reader.json<ContinuedConversation>('POST', `/s/${token}/continue`);
    expect(status, JSON.stringify(body)).toBe(201);
    const { documents } = await reader.client.documents.list(body.id);
    return { body, documents, names: documents.map(({ name }) => name) };
  }

  test('is in no copy of the link, and named', async () => {
    const made = await replaced();
    const { text } = await open(made.token);
    expect(viewOf(text).documents.map(({ name }) => name)).toEqual(['glacier.txt']);
    expect(text).not.toMatch(/secret|99 metres|sha256/);
    const { body, names } = await continued(made);
    expect([body.left_out, body.document_count, names]).toEqual([['glacier.txt'], 0, []]);
    await owner.json('PUT', `/shares/${made.share.id}`);
    expect(await continued(made)).toMatchObject({ body: { left_out: [] }, names: ['secret.txt'] });
  });

  test('is in no copy of a link of an earlier version, which does not say what content it showed', async () => {
    const [later, before] = [await replaced(), await shared({}, true)];
    const { pool } = (await app()).app.db;
    for (const { share } of [later, before])
      await pool.query(
        `UPDATE shares SET snapshot = regexp_replace(snapshot, ',"sha256":"[0-9a-f]{64}"', '', 'g') WHERE id = $1`,
        [share.id],
      );
    // A change of the link alone is no new snapshot.
    await owner.json('PUT', `/shares/${later.share.id}`, { refresh: false, expires_at: null });
    expect(await continued(later)).toMatchObject({ body: { left_out: ['glacier.txt'] }, names: [] });
    expect(await continued(before)).toMatchObject({ body: { left_out: [] }, names: ['glacier.txt'] });
  });

  test('keeps its name of then in a copy, whatever it is called now', async () => {
    const made = await shared({}, true);
    await owner.json('PATCH', `/documents/${made.document}`, { name: 'a-later-name.txt' });
    expect((await continued(made)).names).toEqual(['glacier.txt']);
  });
});

test('a copy is there with its documents or not at all, and a repeat is answered alike', async () => {
  const { token, document } = await shared({}, true);
  const stranger = await newPerson(baseUrl);
  const headers = { 'idempotency-key': crypto.randomUUID() };
  const goOn = () => stranger.fetch(`/s/${token}/continue`, { method: 'POST', headers });
  const { dataDir, app: running } = await app();
  const { rows } = await running.db.pool.query<{ key: string }>(
    'SELECT blob_key AS key FROM documents WHERE id = $1',
    [document],
  );
  const original = join(dataDir, 'blobs', rows[0]?.key ?? '');
  await rename(original, `${original}.away`);
  expect((await goOn()).status).toBe(410);
  expect((await stranger.client.conversations.list()).conversations).toEqual([]);
  await rename(`${original}.away`, original);
  const made = await goOn();
  expect(made.status).toBe(201);
  const body = await made.text();
  expect(JSON.parse(body)).toMatchObject({ message_count: 2, document_count: 1 });
  expect(await (await goOn()).text()).toBe(body);
  expect((await stranger.client.conversations.list()).conversations).toHaveLength(1);
});

test.runIf(existsSync('/proc/self/fd'))('no original stays open when a copy finds no place', async () => {
  const own = await startTestApp({ allowErrors: true });
  const { dataDir, app: running } = own;
  const [from, to] = [await newPerson(own.baseUrl), await newPerson(own.baseUrl)];
  const { id } = await from.client.conversations.create();
  const added = await from.json<Uploaded>('POST', `/conversations/${id}/documents?wait=ready`, {
    name: 'glacier.txt',
    text: 'The glacier of Hornbreen.',
  });
  await from.client.messages.add(id, { role: 'user', content: 'Which glacier?' });
  const made = await from.json<Share>('POST', `/conversations/${id}/shares`, {
    document_ids: [added.body.document.id],
  });
  const { rows } = await running.db.pool.query<{ key: string }>('SELECT blob_key AS key FROM documents');
  await rm(join(dataDir, 'incoming'), { recursive: true });
  const refused = await to.json('POST', `/s/${made.body.url.split('/s/')[1]}/continue`);
  expect(refused.status).toBeGreaterThanOrEqual(500);
  const openFiles = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  expect(openFiles.filter((path) => path.endsWith(rows[0]?.key ?? ''))).toEqual([]);
  await own.close();
});
