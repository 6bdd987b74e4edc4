import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { openZip } from '../../src/formats/zip.ts';
import type { Answer, ConversationHistory, ImportReport, Uploaded } from '@alcove/contract';
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

describe('an answer is drawn, not shown as it was written', () => {
  const written = [
    '# The *river*',
    'It is **ten** miles [1], ~~or~~ `eleven`, see [the map](https://maps.example/a?b=1)[^far].',
    '1. first\n2. second\n   - [x] inside',
    '| Place | Miles |\n| --- | ---: |\n| Mouth | **ten** |',
    '```js\nif (a < b) run();\n```',
    '> said <b>so</b> &amp; more',
    '[^far]: measured by *hand*',
  ].join('\n\n');
  let drawn: string;

  beforeAll(async () => {
    ({ id: drawn } = await person.client.conversations.create({ title: 'Drawn' }));
    const source = { document_id: crypto.randomUUID(), document_name: 'river.pdf', page: 3, char_start: 100 };
    const excerpt = 'At its mouth the river is ten miles wide. It is deep.';
    await person.json('POST', `/conversations/${drawn}/messages`, {
      role: 'assistant',
      content: written,
      message_metadata: {
        search_results: [
          { ...source, n: 1, excerpt, verified: true },
          { ...source, n: 2, page: null, excerpt: 'Not so.', verified: false },
          { ...source, n: 3, excerpt: 'Nobody said it.', verified: false },
        ],
        citations: [
          { n: 1, start: 0, end: 5, quote_start: 113, quote_end: 140, verification: 'verified' },
          { n: 1, start: 6, end: 9, quote_start: 142, quote_end: 153, verification: 'unverified' },
          { n: 2, start: 6, end: 9, quote_start: null, quote_end: null, verification: 'contradicted' },
        ],
        cited: [
          { title: '<i>Page</i>', url: 'https://page.example/' },
          { title: 'Bad', url: 'javascript:alert(1)' },
        ],
      },
    });
  });

  const text = async (format: string): Promise<string> =>
    (await person.client.exchange.export(drawn, format as 'json')).text();

  test('as HTML', async () => {
    const html = await text('html');
    for (const part of [
      '<h3 dir="auto">The <em>river</em></h3>',
      '<strong>ten</strong> miles [1], <del>or</del> <code>eleven</code>',
      'the map (https://maps.example/a?b=1)<sup>far</sup>',
      '<ol start="1"><li dir="auto"><p dir="auto">first</p>',
      '☑ inside',
      '<th dir="auto">Place</th><th dir="auto">Miles</th>',
      '<td dir="auto"><strong>ten</strong></td>',
      '<pre><code>if (a &lt; b) run();</code></pre>',
      '<blockquote dir="auto"><p dir="auto">said &lt;b&gt;so&lt;/b&gt; &amp; more</p>',
      '<sup>far</sup> measured by <em>hand</em>',
      '[1] river.pdf, page 3: <q>the river is ten miles wide</q> <span class="finding">(verified)</span>',
      '<q>It is deep.</q> <span class="finding">(unverified)</span>',
      '[2] river.pdf: <q>Not so.</q> <span class="finding">(contradicted)</span>',
      '<q>Nobody said it.</q> <span class="finding">(not cited)</span>',
      '[1] &lt;i&gt;Page&lt;/i&gt; https://page.example/',
      '[2] Bad</li>',
    ])
      expect(html).toContain(part);
    expect(html).not.toMatch(/\*\*|javascript:|<(?:script|img|iframe|link|object|a|b|i)\b/i);
  });

  test('as PDF', async () => {
    const pdf = await (await person.client.exchange.export(drawn, 'pdf')).blob();
    const form = new FormData();
    form.append('file', new File([pdf], 'drawn.pdf'));
    const copy = await person.client.conversations.create({});
    await person.fetch(`/conversations/${copy.id}/documents?wait=ready`, { method: 'POST', body: form });
    const { documents } = await person.client.documents.list(copy.id);
    const { body } = await person.json<{ text: string }>('GET', `/documents/${documents[0]?.id}/text`);
    const words = body.text.replaceAll(/\s+/g, ' ');
    for (const part of [
      'The river',
      'It is ten miles [1], or eleven',
      'second',
      'Mouth',
      'if (a < b) run();',
      '[1] river.pdf, page 3: “the river is ten miles wide” (verified)',
      '(contradicted)',
      'https://page.example/',
    ])
      expect(words).toContain(part);
    expect(words).not.toMatch(/\*\*|\| ---|```/);
    await person.json('DELETE', `/conversations/${copy.id}`);
  });

  test('as Markdown it stays as it was written, with what was found of each citation', async () => {
    const markdown = await text('markdown');
    expect(markdown).toContain(written);
    expect(markdown).toContain(
      '- [1] river.pdf, page 3: “the river is ten miles wide” (verified); “It is deep.” (unverified)',
    );
    await person.json('DELETE', `/conversations/${drawn}`);
  });
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

test('a bundle that has grown extends what it became: messages and documents, each cited by its copy', async () => {
  const { id: mine } = await person.client.conversations.create({ title: 'Growing' });
  const say = async (name: string, text: string, query: string): Promise<void> => {
    await person.json('POST', `/conversations/${mine}/documents?wait=ready`, { name, text });
    await person.json('POST', `/rag/conversation/${mine}/query`, { query });
  };
  const bundle = async (): Promise<File> =>
    new File([await (await person.client.exchange.export(mine, 'zip')).blob()], 'bundle.zip');
  const reader = await newPerson((await app()).baseUrl);
  await say('one.txt', 'The weir of Aldmouth is 31 metres long.', 'How long is the weir of Aldmouth?');
  const first = await reader.client.exchange.import([await bundle()]);
  const copy = first.items[0]?.conversation_id ?? '';
  await say(
    'two.txt',
    'The weir of Barrow is 44 metres long.',
    'How long is the weir of Aldmouth, and that of Barrow?',
  );
  const grown = await bundle();
  const dry = await reader.client.exchange.import([grown], { dryRun: true });
  expect(dry.items).toMatchObject([{ outcome: 'extended', messages: 2, documents: 1 }]);
  const report = await reader.client.exchange.import([grown]);
  expect(report).toMatchObject({ imported: 0, extended: 1, messages: 2, documents: 1 });
  expect(report.items).toMatchObject([{ outcome: 'extended', conversation_id: copy, error: null }]);
  const { documents } = await reader.client.documents.list(copy);
  expect(documents.map(({ name }) => name).toSorted()).toEqual(['one.txt', 'two.txt']);
  const { messages } = await reader.client.conversations.get(copy);
  expect(messages).toHaveLength(4);
  const cited = messages.flatMap(
    ({ metadata }) => (metadata as { search_results?: { document_id: string }[] }).search_results ?? [],
  );
  expect(new Set(cited.map((source) => source.document_id))).toEqual(
    new Set(documents.map(({ id: one }) => one)),
  );
  expect(await reader.client.exchange.import([grown])).toMatchObject({
    extended: 0,
    unchanged: 1,
    messages: 0,
  });
  await person.json('DELETE', `/conversations/${mine}?permanently=true`);
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

/** What has to come back as it was. */
async function factsOf(who: Person, conversation: string) {
  const { body } = await who.json<ConversationHistory>('GET', `/conversations/${conversation}`);
  const { title, conversation_type: type, settings, pinned, tags, project_id: projectId } = body;
  const { documents } = await who.client.documents.list(conversation);
  const { projects } = await who.client.projects.list();
  const { name, prompt } = projects.find((one) => one.id === projectId) ?? {};
  return {
    conversation: { title, type, settings, pinned, tags },
    project: { name, prompt },
    messages: body.messages.map(({ role, content, metadata, feedback, created_at: at }) => {
      const told = typeof metadata === 'object' && metadata !== null && 'search_results' in metadata;
      // Citations name the copies of documents.
      return { role, content, metadata: told ? 'an answer' : metadata, feedback, at };
    }),
    documents: documents.map((one) => [one.name, one.context_mode]),
  };
}

async function importZip(who: Person, bytes: Buffer, name = 'bundle.zip'): Promise<ImportReport> {
  return who.client.exchange.import([new File([new Uint8Array(bytes)], name)]);
}

test('settings, project, metadata of any kind, feedback and what a document is for come back as they were', async () => {
  const project = await person.client.projects.create({ name: 'Ice', prompt: 'Lengths in metres.' });
  const made = await person.client.conversations.create({ title: 'All of it' });
  await person.json('POST', `/conversations/${made.id}/documents?wait=ready`, {
    name: 'ice.txt',
    text: 'The glacier of Hornbreen lost 412 metres of its length in 2024.',
  });
  const { documents } = await person.client.documents.list(made.id);
  await person.json('PATCH', `/documents/${documents[0]?.id}`, { context_mode: 'search' });
  const asked = await person.json<Answer>('POST', `/rag/conversation/${made.id}/query`, {
    query: 'How many metres did the glacier lose?',
  });
  await person.client.messages.rate(asked.body.message_id, { rating: 'down', reason: 'No year.' });
  for (const metadata of [['a', 1, null], 'text', 17, true, { deep: { list: [{}] } }])
    await person.json('POST', `/conversations/${made.id}/messages`, {
      role: 'user',
      content: 'With metadata',
      message_metadata: metadata,
    });
  const settings = {
    prompt: 'Be short.',
    model: 'a-model-of-there',
    strategy: 'keyword',
    top_k: 7,
    temperature: 0.4,
    max_output_tokens: 99,
    docs_only: true,
  };
  const { pool } = (await app()).app.db;
  await pool.query('UPDATE conversations SET settings = $2 WHERE id = $1', [made.id, settings]);
  await person.json('PATCH', `/conversations/${made.id}`, {
    project_id: project.id,
    tags: ['ice', 'north'],
    pinned: true,
  });
  const before = await factsOf(person, made.id);
  expect(before).toMatchObject({ conversation: { settings }, project: { name: 'Ice' } });
  const heir = await newPerson((await app()).baseUrl);
  const response = await person.client.exchange.export(made.id, 'zip');
  const report = await importZip(heir, Buffer.from(await response.arrayBuffer()));
  expect(report, JSON.stringify(report)).toMatchObject({ imported: 1, failed: 0, messages: 7 });
  expect(await factsOf(heir, report.items[0]?.conversation_id ?? '')).toEqual(before);
  await person.json('DELETE', `/conversations/${made.id}?permanently=true`);
});

test('an archive of an account has its templates, projects and links, and gives back what is not of its server', async () => {
  const [who, heir] = [await newPerson(person.baseUrl), await newPerson(person.baseUrl)];
  await who.json('PATCH', '/auth/me', { retention_days: 90 });
  for (const prompt of ['Only here.', null])
    await who.client.projects.create({ name: 'Empty', ...(prompt === null ? {} : { prompt }) });
  const template = await who.client.templates.create({
    name: 'Glaciers',
    description: 'For reports.',
    settings: { top_k: 4 },
    starter_questions: ['How long is it?'],
  });
  await who.json('POST', `/conversations/${template.conversation_id}/documents?wait=ready`, {
    name: 'starter.txt',
    text: 'Hornbreen is a glacier.',
  });
  const talk = await who.client.conversations.create({ title: 'A talk' });
  await who.client.messages.add(talk.id, { role: 'user', content: 'Hello' });
  const share = await who.client.shares.create(talk.id, { password: 'ice-cold' });
  const bytes = Buffer.from(await (await who.client.exchange.exportAll()).arrayBuffer());
  const zip = openZip(bytes);
  const account = JSON.parse(Buffer.from(zip.read('account.json') ?? []).toString()) as object;
  const { url, ...listed } = share;
  expect(account).toMatchObject({
    format: 'alcove.account',
    account: { email: who.email, retention_days: 90, role: 'user' },
    projects: [
      { name: 'Empty', prompt: null },
      { name: 'Empty', prompt: 'Only here.' },
    ],
    shares: [listed],
  });
  for (const name of zip.names)
    expect(Buffer.from(zip.read(name) ?? []).includes(url.split('/s/')[1] ?? '')).toBe(false);
  const dry = await heir.client.exchange.import([new File([new Uint8Array(bytes)], 'all.zip')], {
    dryRun: true,
  });
  expect(dry).toMatchObject({ imported: 2, failed: 0, documents: 1 });
  expect((await heir.client.projects.list()).projects).toEqual([]);
  for (const [imported, unchanged] of [
    [2, 0],
    [0, 2],
  ]) {
    const report = await importZip(heir, bytes);
    expect(report, JSON.stringify(report)).toMatchObject({ imported, unchanged, failed: 0 });
    const { projects } = await heir.client.projects.list();
    expect(projects.map(({ name, prompt }) => [name, prompt]).toSorted()).toEqual(
      [
        ['Empty', 'Only here.'],
        ['Empty', null],
      ].toSorted(),
    );
    const { templates } = await heir.client.templates.list();
    expect(templates.filter((one) => !one.built_in)).toMatchObject([
      {
        name: 'Glaciers',
        description: 'For reports.',
        settings: { top_k: 4 },
        starter_questions: ['How long is it?'],
        document_count: 1,
      },
    ]);
    const { conversations } = await heir.client.conversations.list();
    expect(conversations.map(({ title }) => title)).toEqual(['A talk']);
  }
  expect((await heir.client.shares.list()).shares).toEqual([]);
  expect(
    (await heir.json<{ retention_days: number | null }>('GET', '/auth/me')).body.retention_days,
  ).toBeNull();
});

test('a bundle of an earlier version is read, and what no field can be is left out of one', async () => {
  const heir = await newPerson(person.baseUrl);
  const bundle = (conversation: object, message: object) => ({
    format: 'alcove.conversation',
    version: 1,
    conversation: {
      id: crypto.randomUUID(),
      title: 'Old',
      created_at: '2026-01-02T03:04:05.678Z',
      ...conversation,
    },
    messages: [{ id: 'm', parent_id: null, role: 'user', content: 'Hello', status: 'complete', ...message }],
    documents: [],
  });
  const odd = bundle(
    { settings: { top_k: 900, docs_only: true, mood: 'good' }, project: { name: '' }, template: null },
    { metadata: { 'a\u0000': ['b\u0000\ud800'] }, feedback: { rating: 'sideways', created_at: 'never' } },
  );
  const file = new File([JSON.stringify([bundle({}, {}), odd])], 'conversations.json');
  const report = await heir.client.exchange.import([file]);
  expect(report, JSON.stringify(report)).toMatchObject({ imported: 2, failed: 0 });
  const [plain, cleaned] = await Promise.all(
    report.items.map(({ conversation_id: made }) => factsOf(heir, made ?? '')),
  );
  expect(plain).toMatchObject({
    conversation: { settings: {}, type: 'general' },
    messages: [{ metadata: {} }],
  });
  expect(cleaned).toMatchObject({
    conversation: { settings: { docs_only: true } },
    messages: [{ metadata: { a: ['b\ufffd'] }, feedback: null }],
  });
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
