import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { textFile } from '../documents/support/files.ts';
import { filesOf, upload, uploadAndWait } from '../documents/support/uploading.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { sampled } from '../support/full-run.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runCli } from '../support/run-cli.ts';
import { contentOf as contentOfHome } from './support/installation-content.ts';

const run = promisify(execFile);

let app: TestApp;
let person: Person;
let conversation: string;
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alcove-backup-test-'));
  file = join(folder, 'alcove.backup');
  app = await startTestApp();
  person = await newPerson(app.baseUrl);
  conversation = await newConversation(person);
  await uploadAndWait(
    person,
    conversation,
    textFile('kestrel.txt', 'The kestrel hovers above the cliff. Ünïcödé, "quotes", \\backslash and\ttab.\n'),
    textFile('plover.md', '# Plover\n\nThe plover runs along the shore.'),
  );
  await askJson(person, conversation, 'What does the kestrel do?');
  await person.client.messages.add(conversation, {
    role: 'user',
    content: 'Line one\nline two \\n \u2028',
    message_metadata: { nested: { price: 1.1, list: [1, '2', null] } },
  });
  await until('what is searched for is written', async () => {
    const { rows } = await app.app.db.pool.query<{ left: number }>(
      `SELECT ((SELECT count(*) FROM messages WHERE terms IS NULL) + (SELECT count(*) FROM documents WHERE searchable_chunks < chunk_count)
         + (SELECT count(*) FROM conversations) - (SELECT count(*) FROM conversation_terms))::int AS left`,
    );
    return rows[0]?.left === 0;
  });
  const gone = await newPerson(app.baseUrl);
  expect((await gone.json('DELETE', '/auth/me', { password: gone.password })).status).toBe(204);
}, 120_000);
afterAll(async () => {
  await app?.close();
  await rm(folder, { recursive: true, force: true });
});

const contentOf = (server: TestApp) => contentOfHome(server.app.db.pool, server.dataDir);

interface Target {
  env: Record<string, string>;
  dataDir: string;
  remove(): Promise<void>;
}

/** An empty data folder with an empty database of the kind. */
async function emptyTarget(kind: 'pglite' | 'postgres'): Promise<Target> {
  const dataDir = await mkdtemp(join(folder, 'target-'));
  const database =
    kind === 'pglite' ? null : await createTestDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  const { DATABASE_URL: _, ...settings } = app.env;
  return {
    dataDir,
    env: { ...settings, DATA_DIR: dataDir, ...(database === null ? {} : { DATABASE_URL: database.url }) },
    remove: async () => database?.drop(),
  };
}

const kinds =
  process.env['TEST_DATABASE_URL'] === undefined
    ? ['pglite' as const]
    : ['pglite' as const, 'postgres' as const];

describe('a backup of a running server', { timeout: 240_000 }, () => {
  let before: Record<string, string[]>;
  test('is one file, read back, with everything in it', async () => {
    before = await contentOf(app);
    const made = await runCli(['backup', file], app.env);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.stdout).toMatch(
      /1 accounts, 1 conversations, 3 messages, 2 documents, 2 originals, read back/,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await contentOf(app)).toEqual(before);
    const again = await runCli(['backup', file], app.env);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('exists already') as string });
  });

  test.each(kinds)('comes back row by row and byte by byte on %s', async (kind) => {
    const target = await emptyTarget(kind);
    const restored = await runCli(['restore', file], target.env);
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    const copy = await startTestApp({ like: { env: target.env, dataDir: target.dataDir } });
    expect(await contentOf(copy)).toEqual(before);
    // The session of before is good there too, and so are the documents.
    const reader = personOf(copy.baseUrl, person.token, person);
    const { results } = await reader.client.retrieve(conversation, { query: 'kestrel' });
    expect(results[0]?.content).toContain('The kestrel hovers');
    expect((await uploadAndWait(reader, conversation, textFile('new.txt', 'New.')))[0]?.status).toBe('ready');
    expect(await (await newPerson(copy.baseUrl)).fetch(`/conversations/${conversation}`)).toMatchObject({
      status: 403,
    });
    await copy.close();
    // What is in use is not overwritten unless that is said.
    const refused = await runCli(['restore', file], target.env);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--replace') as string });
    const replaced = await runCli(['restore', file, '--replace'], target.env);
    expect(replaced, replaced.stderr).toMatchObject({ code: 0 });
    await target.remove();
  });

  test('of a document that is being replaced holds both versions', async () => {
    const [from, to] = [await emptyTarget(kinds.at(-1)!), await emptyTarget(kinds.at(-1)!)];
    const like = { env: from.env, dataDir: from.dataDir };
    const reading = await startTestApp({ like });
    const owner = await newPerson(reading.baseUrl);
    const id = await newConversation(owner);
    const [document] = await uploadAndWait(owner, id, textFile('tern.txt', 'The tern nests in May.'));
    await reading.close();
    // Nobody reads the new version here.
    const idle = await startTestApp({ like, env: { ROLE: 'web' } });
    const later = personOf(idle.baseUrl, owner.token, owner);
    await later.client.documents.replace(document!.id, new File(['The tern nests in June.'], 'tern.txt'));
    const taken = join(folder, 'replaced.backup');
    const made = await runCli(['backup', taken], { ...idle.env });
    expect(made, made.stderr).toMatchObject({ code: 0 });
    await idle.close();

    const restored = await runCli(['restore', taken], to.env);
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    const copy = await startTestApp({ like: { env: to.env, dataDir: to.dataDir } });
    const reader = personOf(copy.baseUrl, owner.token, owner);
    await until('the new version is read', async () => {
      const { results } = await reader.client.retrieve(id, { query: 'tern' });
      return results[0]?.content.includes('June') ?? false;
    });
    await copy.close();
    await Promise.all([from.remove(), to.remove()]);
  });

  test('is of one moment, while others write and delete', async () => {
    const writer = await newPerson(app.baseUrl);
    const busy = await newConversation(writer);
    const done = new AbortController();
    const work = (async () => {
      for (let at = 0; !done.signal.aborted; at += 1) {
        const [document] = await upload(writer, busy, textFile(`${at}.txt`, `Busy ${at}. `.repeat(2_000)));
        await writer.client.messages.add(busy, { role: 'user', content: `Number ${at}.` });
        if (at % 2 === 1) await writer.client.documents.delete(document?.id ?? '');
      }
    })();
    const path = join(folder, 'busy.backup');
    const made = await runCli(['backup', path], app.env);
    done.abort();
    await work;
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const target = await emptyTarget(kinds[0] ?? 'pglite');
    const restored = await runCli(['restore', path], target.env);
    expect(restored, restored.stderr).toMatchObject({ code: 0 });
    const copy = await startTestApp({ like: { env: target.env, dataDir: target.dataDir } });
    const reader = personOf(copy.baseUrl, writer.token, writer);
    const { messages } = await reader.client.conversations.get(busy);
    expect(messages.map(({ content }) => content)).toEqual(messages.map((_, at) => `Number ${at}.`));
    for (const { id } of (await reader.client.documents.list(busy)).documents)
      expect((await reader.fetch(`/documents/${id}/content`)).status).toBe(200);
    await copy.close();
    await target.remove();
  });

  test('whose list of originals has no room fails, and ends nothing else', async (context) => {
    const small = await mkdtemp(join(folder, 'small-'));
    if (!(await mountSmallDisk(small))) context.skip('nobody but root may make a small disk');
    const { TMPDIR: before = '' } = process.env;
    const path = join(folder, 'unlisted.backup');
    try {
      await fill(small);
      // On the embedded database the server writes it.
      process.env['TMPDIR'] = small;
      const refused = await runCli(['backup', path], { ...app.env, TMPDIR: small });
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/no space left/i) as string });
      expect(refused.stderr.trim().split('\n')).toHaveLength(1);
      await expect(stat(path)).rejects.toThrow();
    } finally {
      if (before === '') delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
      await run('umount', [small]);
    }
    expect(await runCli(['backup', path], app.env)).toMatchObject({ code: 0 });
  });

  test('that is damaged, cut off or no backup at all is refused, and nothing is touched', async () => {
    const bytes = await readFile(file);
    const broken = join(folder, 'broken.backup');
    const target = await emptyTarget('pglite');
    const tries: [string, () => Promise<unknown>, RegExp][] = [
      ['one byte', () => writeFile(broken, flipped(bytes, bytes.indexOf('blobs/') + 512 + 3)), /damaged/],
      ['rows', () => writeFile(broken, flipped(bytes, bytes.indexOf('rows/') + 512 + 40)), /damaged/],
      ['cut off', () => truncate(broken, bytes.length - 4_096), /cut off|middle/],
      ['another file', () => writeFile(broken, 'x'.repeat(5_000)), /no backup of Alcove/],
    ];
    // Every other damage; each in a full run.
    for (const [what, spoil, sentence] of sampled(tries, 2)) {
      await writeFile(broken, bytes);
      await spoil();
      const refused = await runCli(['restore', broken], target.env);
      expect(refused.code, what).toBe(1);
      expect(refused.stderr, what).toMatch(sentence);
      expect(refused.stderr.trim().split('\n'), what).toHaveLength(1);
    }
    expect(await runCli(['restore', file, '--verify-only'], target.env)).toMatchObject({ code: 0 });
  });

  test('names an original that is missing or damaged, and keeps the rest only when that is allowed', async () => {
    const [first = ''] = await filesOf(app, person);
    const path = join(app.dataDir, first);
    const kept = await readFile(path);
    await appendFile(path, 'more');
    const partial = join(folder, 'partial.backup');
    const refused = await runCli(['backup', partial], app.env);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/^The original \S+ is damaged: .*--allow-missing\.$/m);
    await expect(stat(partial)).rejects.toThrow();
    await rm(path);
    const made = await runCli(['backup', partial, '--allow-missing'], app.env);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.stdout).toContain(`without the original ${first.replace('blobs/', '')}`);
    await writeFile(path, kept);
  });
});

async function mountSmallDisk(at: string): Promise<boolean> {
  return run('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0777', 'none', at]).then(
    () => true,
    () => false,
  );
}

async function fill(disk: string): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(join(disk, 'filling'), Buffer.alloc(bavail * bsize));
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
