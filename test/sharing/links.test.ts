import { beforeAll, expect, test } from 'vitest';
import type { Share, Uploaded } from '@alcove/contract';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
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

test('a link shows what was said when it was made, and nothing that was said later', async () => {
  const { id, token, share } = await shared();
  const before = viewOf((await open(token)).text);
  expect(before.messages).toHaveLength(2);
  await owner.json('POST', `/conversations/${id}/messages`, { role: 'user', content: 'A later secret.' });
  await owner.json('PATCH', `/conversations/${id}`, { title: 'A later title' });
  expect(viewOf((await open(token)).text)).toEqual(before);
  const updated = await owner.json<Share>('PUT', `/shares/${share.id}`);
  expect(updated.body).toMatchObject({ url: share.url, revision: 2, message_count: 3 });
  expect(viewOf((await open(token)).text).title).toBe('A later title');
});

test('without a chosen document no passage of it shows', async () => {
  const { token } = await shared();
  const { text } = await open(token);
  expect(viewOf(text).messages[1]?.sources).toEqual([]);
  expect(text).not.toContain('glacier.txt');
});

test('a link whose documents were deleted or moved away is brought up to date with those that are still there', async () => {
  const { id, document } = await shared();
  const ids = [document];
  for (const name of ['deleted.txt', 'moved.txt']) {
    const body = { name, text: `The text of ${name}.` };
    const added = await owner.json<Uploaded>('POST', `/conversations/${id}/documents?wait=ready`, body);
    ids.push(added.body.document.id);
  }
  const made = await owner.json<Share>('POST', `/conversations/${id}/shares`, { document_ids: ids });
  const token = made.body.url.split('/s/')[1] ?? '';
  const names = async () => viewOf((await open(token)).text).documents.map(({ name }) => name);
  expect(await names()).toEqual(['glacier.txt', 'deleted.txt', 'moved.txt']);
  await owner.json('DELETE', `/documents/${ids[1]}`);
  const other = await owner.client.conversations.create({ title: 'Elsewhere' });
  const move = { document_ids: [ids[2]], conversation_id: other.id };
  expect((await owner.json('POST', '/documents/move', move)).status).toBeLessThan(300);
  for (const [at, body] of [undefined, { refresh: true }].entries()) {
    const updated = await owner.json<Share>('PUT', `/shares/${made.body.id}`, body);
    expect([updated.status, updated.body.revision]).toEqual([200, at + 2]);
    expect(await names()).toEqual(['glacier.txt']);
  }
  // One that is named has to be there.
  expect((await owner.json('PUT', `/shares/${made.body.id}`, { document_ids: ids })).status).toBe(404);
  await owner.json('DELETE', `/documents/${document}`);
  expect((await owner.json('PUT', `/shares/${made.body.id}`)).status).toBe(200);
  expect(await names()).toEqual([]);
});

test('a chosen document shows the passages that answers cite, until it is deleted', async () => {
  const { token, document } = await shared({}, true);
  const { text } = await open(token);
  expect(viewOf(text).messages[1]?.sources[0]?.excerpt).toContain('412 metres');
  expect(viewOf(text).documents).toEqual([
    { name: 'glacier.txt', media_type: 'text/plain', size_bytes: 63, pages: null },
  ]);
  expect(text).not.toContain(document);
  expect(text).not.toContain(owner.id);
  await owner.json('DELETE', `/documents/${document}`);
  const after = viewOf((await open(token)).text);
  expect(after.documents).toEqual([]);
  expect(after.messages[1]?.sources).toEqual([]);
});

test('what the conversation was told to do is not shown', async () => {
  const { id, token, share } = await shared();
  await owner.json('POST', `/conversations/${id}/messages`, { role: 'system', content: 'Hidden orders.' });
  await owner.json('PUT', `/shares/${share.id}`);
  expect((await open(token)).text).not.toContain('Hidden orders');
});

test('the answer is for nobody to keep, index or frame', async () => {
  const { headers } = await open((await shared()).token);
  expect(headers.get('x-robots-tag')).toContain('noindex');
  expect(headers.get('cache-control')).toContain('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('a password is asked for, and counted', async () => {
  const { token, share } = await shared({ password: 'ice-cold' });
  expect(share.has_password).toBe(true);
  expect((await open(token)).status).toBe(401);
  expect((await open(token, { 'x-share-password': 'ice-cold' })).status).toBe(200);
  const statuses = [];
  for (let at = 0; at < 12; at += 1)
    statuses.push((await open(token, { 'x-share-password': `wrong ${at}` })).status);
  expect(statuses).toContain(429);
  expect(statuses).not.toContain(200);
});

test('a link that is revoked or has expired, or whose conversation is gone, is no link', async () => {
  const revoked = await shared();
  await owner.json('DELETE', `/shares/${revoked.share.id}`);
  const expired = await shared({ expires_at: new Date(Date.now() + 3_600_000).toISOString() });
  expect((await open(expired.token)).status).toBe(200);
  const { pool } = (await app()).app.db;
  await pool.query("UPDATE shares SET expires_at = now() - interval '1 second' WHERE id = $1", [
    expired.share.id,
  ]);
  const gone = await shared();
  await owner.json('DELETE', `/conversations/${gone.id}`);
  for (const { token } of [revoked, expired, gone]) expect((await open(token)).status).toBe(404);
  const { shares } = await owner.client.shares.list();
  for (const { share } of [revoked, gone]) {
    expect(shares.map(({ id }) => id)).not.toContain(share.id);
    expect((await owner.json('PUT', `/shares/${share.id}`)).status).toBe(404);
  }
  const past = { expires_at: '2020-01-01T00:00:00Z' };
  expect((await owner.json('POST', `/conversations/${revoked.id}/shares`, past)).status).toBe(400);
});

test('a link of a suspended account is no link', async () => {
  const admin = await newPerson((await app()).baseUrl);
  await (await app()).app.db.pool.query("UPDATE users SET role = 'admin' WHERE id = $1", [admin.id]);
  const person = await newPerson(baseUrl);
  const { id } = await person.client.conversations.create({ title: 'Mine' });
  await person.client.messages.add(id, { role: 'user', content: 'Hello' });
  const token = (await person.client.shares.create(id)).url.split('/s/')[1] ?? '';
  expect((await open(token)).status).toBe(200);
  const pool = (await app()).app.db.pool;
  await pool.query("UPDATE users SET status = 'suspended' WHERE id = $1", [person.id]);
  expect((await open(token)).status).toBe(404);
});

test('a link for one person opens for that person alone', async () => {
  const { token } = await shared({ recipient: reader.email });
  const other = await newPerson(baseUrl);
  expect((await open(token)).status).toBe(404);
  expect((await other.fetch(`/s/${token}`)).status).toBe(404);
  expect((await other.json('POST', `/s/${token}/continue`)).status).toBe(404);
  expect((await reader.fetch(`/s/${token}`)).status).toBe(200);
});

test('a link for one person stays closed to a key for one of their conversations', async () => {
  const { token } = await shared({ recipient: reader.email });
  const { id } = await reader.client.conversations.create({ title: 'Of the reader' });
  const keyFor = async (scope: object) => {
    const { body } = await reader.json<{ key: string }>('POST', '/auth/keys', { name: 'a key', ...scope });
    return { authorization: `Bearer ${body.key}` };
  };
  const limited = await keyFor({ scope: 'conversation', conversation_id: id });
  expect((await open(token, limited)).status).toBe(404);
  expect((await open(token, await keyFor({ scope: 'read' }))).status).toBe(200);
  const { token: forAll } = await shared();
  expect((await open(forAll, limited)).status).toBe(200);
});

test('the list shows all links with how often they were opened, and whoever has one may not write', async () => {
  const { share, token } = await shared();
  await open(token);
  await open(token);
  const { shares } = await owner.client.shares.list();
  expect(shares[0]).toMatchObject({ id: share.id, url: share.url, views: 2 });
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    expect([404, 405]).toContain((await fetch(`${baseUrl}/s/${token}`, { method })).status);
  expect((await fetch(`${baseUrl}/s/${token}/continue`, { method: 'POST' })).status).toBe(401);
});

test('a repeated request makes one link, whose address is not kept with the key', async () => {
  const { id } = await shared();
  const headers = { 'idempotency-key': crypto.randomUUID(), 'content-type': 'application/json' };
  const send = () => owner.fetch(`/conversations/${id}/shares`, { method: 'POST', headers, body: '{}' });
  const first = (await (await send()).json()) as Share;
  const second = (await (await send()).json()) as Share;
  expect(second).toEqual(first);
  const { rows } = await (await app()).app.db.pool.query('SELECT response FROM idempotency_answers');
  expect(JSON.stringify(rows)).not.toContain(first.url.split('/s/')[1]);
});

test('the token of a link is no credential, nor is that of one to take part', async () => {
  const { id, token } = await shared();
  const taking = await shared({ access: 'take_part', recipient: reader.email });
  for (const one of [token, taking.token, `s/${token}`]) {
    for (const path of ['/conversations', `/conversations/${id}`, '/auth/me']) {
      const response = await fetch(`${baseUrl}${path}`, { headers: { authorization: `Bearer ${one}` } });
      expect([path, response.status]).toEqual([path, 401]);
    }
  }
});

test('guessing is slowed down', async () => {
  const tries = Array.from({ length: 150 }, async () => (await open('A'.repeat(43))).status);
  expect(new Set(await Promise.all(tries))).toContain(429);
});
