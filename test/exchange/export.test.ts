import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { openZip } from '../../src/formats/zip.ts';
import type { Answer, ImportReport, Uploaded } from '@alcove/contract';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp, startTestApp } from '../support/app.ts';

const app = sharedApp();
const hostile = `<script>alert(1)</script><img src=x onerror=alert(1)> "quoted" & [x](javascript:alert(1))`;
let person: Person;
let id: string;

beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  ({ id } = await person.client.conversations.create({ title: `../../etc/<b>Report</b>` }));
  await person.json<Uploaded>('POST', `/conversations/${id}/documents?wait=ready`, {
    name: '..\\..\\evil.txt',
    text: 'The glacier of Hornbreen lost 412 metres of its length in 2024.',
  });
  await person.json<Answer>('POST', `/rag/conversation/${id}/query`, {
    query: 'How many metres did the glacier of Hornbreen lose?',
  });
  await person.json('POST', `/conversations/${id}/messages`, { role: 'user', content: hostile });
  await person.json('POST', `/conversations/${id}/messages`, {
    role: 'user',
    content: 'Ледник, παγετώνας, נהר\n\tend',
  });
});

async function exported(format: string): Promise<{ headers: Headers; bytes: Buffer }> {
  const response = await person.client.exchange.export(id, format as 'json');
  return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}

test.each([
  ['markdown', 'text/markdown; charset=utf-8', '.md'],
  ['html', 'text/html; charset=utf-8', '.html'],
  ['pdf', 'application/pdf', '.pdf'],
  ['json', 'application/json; charset=utf-8', '.json'],
  ['zip', 'application/zip', '.zip'],
])('%s is a download that no browser opens as a page of this origin', async (format, type, extension) => {
  const { headers, bytes } = await exported(format);
  expect(headers.get('content-type')).toBe(type);
  const disposition = headers.get('content-disposition') ?? '';
  expect(disposition).toMatch(/^attachment; /);
  expect(disposition).toContain(extension);
  expect(disposition).not.toMatch(/[/\\<>]/);
  expect(headers.get('content-security-policy')).toContain('sandbox');
  expect(bytes.length).toBeGreaterThan(200);
});

test('Markdown holds the branch with its sources', async () => {
  const text = (await exported('markdown')).bytes.toString();
  expect(text).toContain('How many metres did the glacier of Hornbreen lose?');
  expect(text).toMatch(/- \[1\] .*412 metres/);
});

test('HTML shows hostile text as text, and loads nothing', async () => {
  const html = (await exported('html')).bytes.toString();
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;');
  expect(html).not.toMatch(/<(?:script|img|iframe|link|object|a)\b/i);
  expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'`);
});

test('PDF has its letters', async () => {
  const { bytes } = await exported('pdf');
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
  const form = new FormData();
  form.append('file', new File([new Uint8Array(bytes)], 'export.pdf'));
  const copy = await person.client.conversations.create({});
  await person.fetch(`/conversations/${copy.id}/documents?wait=ready`, { method: 'POST', body: form });
  const { documents } = await person.client.documents.list(copy.id);
  const { body } = await person.json<{ text: string }>('GET', `/documents/${documents[0]?.id}/text`);
  expect(body.text).toContain('412 metres');
  expect(body.text).toContain('Ледник');
  await person.json('DELETE', `/conversations/${copy.id}`);
});

test('a bundle holds the tree, the originals and a hash of each, under names that are no paths', async () => {
  const zip = openZip((await exported('zip')).bytes);
  for (const name of zip.names) expect(name).not.toMatch(/\.\.|^\/|\\/);
  const manifest = JSON.parse(Buffer.from(zip.read('manifest.json') ?? []).toString()) as {
    entries: { path: string; bytes: number; sha256: string }[];
  };
  expect(manifest.entries.map(({ path }) => path)).toEqual(
    zip.names.filter((name) => name !== 'manifest.json'),
  );
  for (const { path, bytes, sha256 } of manifest.entries) {
    const content = zip.read(path) ?? new Uint8Array();
    expect(content.length).toBe(bytes);
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
  }
});

test('what is exported and imported by somebody else is the same again, with its branches and documents', async () => {
  const first = await person.json<{ id: string; parent_id: string }>(
    'POST',
    `/conversations/${id}/messages`,
    {
      role: 'user',
      content: 'One way',
    },
  );
  const other = { role: 'user', content: 'Another way', parent_id: first.body.parent_id };
  await person.json('POST', `/conversations/${id}/messages`, other);
  const reader = await newPerson((await app()).baseUrl);
  const { bytes } = await exported('zip');
  const report = await reader.client.exchange.import([new File([new Uint8Array(bytes)], 'bundle.zip')]);
  expect(report, JSON.stringify(report)).toMatchObject({ imported: 1, failed: 0, messages: 6, documents: 1 });
  expect(report.items[0]).toMatchObject({ source: 'alcove', branches: 2, error: null });
  const copy = report.items[0]?.conversation_id ?? '';
  const hashOf = async (who: Person, conversation: string): Promise<string> =>
    ((await (await who.client.exchange.export(conversation, 'json')).json()) as { content_sha256: string })
      .content_sha256;
  expect(await hashOf(reader, copy)).toBe(await hashOf(person, id));
  const { documents } = await reader.client.documents.list(copy);
  expect(await (await reader.fetch(`/documents/${documents[0]?.id}/content`)).text()).toContain('412 metres');
  const again = await reader.client.exchange.import([new File([new Uint8Array(bytes)], 'bundle.zip')]);
  expect(again).toMatchObject({ imported: 0, unchanged: 1 });
  expect((await reader.client.conversations.list()).conversations).toHaveLength(1);
});

test('everything of an account is one archive, and nothing of anybody else', async () => {
  const neighbour = await newPerson((await app()).baseUrl);
  const theirs = await neighbour.client.conversations.create({ title: 'Zebrafinch' });
  await neighbour.client.messages.add(theirs.id, { role: 'user', content: 'Zebrafinch' });
  const response = await person.client.exchange.exportAll();
  const bytes = Buffer.from(await response.arrayBuffer());
  const zip = openZip(bytes);
  expect(zip.has(`conversations/${id}/conversation.json`)).toBe(true);
  expect(zip.names.some((name) => name.includes(theirs.id))).toBe(false);
  expect(zip.names.every((name) => !Buffer.from(zip.read(name) ?? []).includes('Zebrafinch'))).toBe(true);
  const heir = await newPerson((await app()).baseUrl);
  const { body } = await heir.json<ImportReport>('GET', '/conversations');
  expect(body).toMatchObject({ conversations: [] });
  const report = await heir.client.exchange.import([new File([new Uint8Array(bytes)], 'all.zip')]);
  expect(report.failed).toBe(0);
  expect(report.imported).toBe(1);
});

test.runIf(existsSync('/proc/self/fd'))('no original stays open when an archive is not read on', async () => {
  const own = await startTestApp();
  const who = await newPerson(own.baseUrl);
  const conversation = await who.client.conversations.create();
  // More than sockets take by themselves; as a PDF it cannot be read, and is kept.
  const bytes = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(32 * 1024 * 1024)]);
  const form = new FormData();
  form.append('file', new File([bytes], 'large.pdf'));
  await who.fetch(`/conversations/${conversation.id}/documents?wait=ready`, { method: 'POST', body: form });
  const { rows } = await own.app.db.pool.query<{ key: string }>('SELECT blob_key AS key FROM documents');
  const isOpen = async (): Promise<boolean> => {
    const files = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    return files.some((path) => path.endsWith(rows[0]?.key ?? 'no document'));
  };
  await until('it is read', async () => !(await isOpen()));
  for (const path of [`/conversations/${conversation.id}/export?format=zip`, '/export']) {
    const leaving = new AbortController();
    const response = await who.fetch(path, { signal: leaving.signal });
    await response.body?.getReader().read();
    await until('the original is being sent', isOpen);
    leaving.abort();
    await until('the original is closed', async () => !(await isOpen()));
  }
  await own.close();
});

test('a link to a message of another branch exports that branch', async () => {
  const { messages } = await person.client.conversations.get(id);
  const path = `/conversations/${id}/export?format=markdown&leaf_id=${messages[0]?.id}`;
  const text = await (await person.fetch(path)).text();
  expect(text).not.toContain('alert(1)');
});
