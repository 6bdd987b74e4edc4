import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Document } from '@alcove/contract';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openBlobStore } from '../../src/files/open-store.ts';
import { createReconciler } from '../../src/files/reconcile.ts';
import { askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { textFile } from '../documents/support/files.ts';
import { documentOf, formOf, send, upload, uploadAndWait } from '../documents/support/uploading.ts';
import {
  databaseKind,
  newPerson,
  type Person,
  personOf,
  startTestApp,
  type TestApp,
} from '../support/app.ts';
import { sampled } from '../support/full-run.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { runCli } from '../support/run-cli.ts';
import { type S3Server, startS3Server } from './support/s3-server.ts';

let s3: S3Server;
let folder: string;
let app: TestApp;
let person: Person;
let conversation: string;
beforeAll(async () => {
  s3 = await startS3Server();
  folder = await mkdtemp(join(tmpdir(), 'alcove-bucket-test-'));
  app = await startTestApp({ isNew: true, allowErrors: true, env: s3.env('installation') });
  person = await newPerson(app.baseUrl);
  conversation = await newConversation(person);
}, 120_000);
afterEach(() => s3.start());
afterAll(async () => {
  await app?.close();
  await s3?.close();
  await rm(folder, { recursive: true, force: true });
});

const contentOf = (whose: Person, id: string) => whose.fetch(`/documents/${id}/content`);
const blobs = () => openBlobStore(app.config.blobs, app.dataDir);
async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of (await blobs()).list()) found.push(key);
  return found;
}

describe('a server whose originals are in a bucket', { timeout: 180_000 }, () => {
  let document: Document;

  test('reads, answers from and hands out what is uploaded; nothing of it stays on its disk', async () => {
    const [uploaded] = await uploadAndWait(
      person,
      conversation,
      textFile('kestrel.txt', 'The kestrel hovers above the cliff.'),
    );
    document = uploaded as Document;
    expect(document.status).toBe('ready');
    const answer = await askJson(person, conversation, 'What does the kestrel do?');
    expect(JSON.stringify(answer)).toContain('hovers');
    expect(await (await contentOf(person, document.id)).text()).toBe('The kestrel hovers above the cliff.');
    expect(await readdir(join(app.dataDir, 'incoming'))).toEqual([]);
    expect(await readdir(app.dataDir)).not.toContain('blobs');
    expect(await keys()).toHaveLength(1);
  });

  test('deletes from the bucket what is deleted', async () => {
    const [gone] = await uploadAndWait(person, conversation, textFile('gone.txt', 'Soon gone.'));
    expect(await keys()).toHaveLength(2);
    expect((await person.fetch(`/documents/${gone?.id}`, { method: 'DELETE' })).ok).toBe(true);
    await until('the object is gone', async () => (await keys()).length === 1, 20_000);
  });

  test('keeps aside what no document names', async () => {
    const store = await blobs();
    const [known] = await keys();
    const orphan = `${person.id}/${crypto.randomUUID()}`;
    await store.put(orphan, Readable.from(['orphan'], { objectMode: false }), 100);
    const quiet = () => {};
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const later = new Date(Date.now() + 3_700_000);
    const reconcile = createReconciler(app.app.db, store, log);
    expect(await reconcile(later)).toMatchObject({ seen: 2, quarantined: 1 });
    expect(await keys()).toEqual([known]);
    await store.delete(orphan);
  });

  test('is examined by doctor', async () => {
    const { stdout, code } = await runCli(['doctor', '--json'], app.env);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; found: string }[] };
    expect(checks.find(({ name }) => name === 'originals')).toMatchObject({
      status: 'ok',
      found: expect.stringContaining('1 documents have theirs') as string,
    });
    expect(code).toBe(0);
  });

  test('is backed up, and comes back into another bucket or onto a disk', async () => {
    const file = join(folder, 'of-bucket.backup');
    const made = await runCli(['backup', file], app.env);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    // Onto a disk in a full run.
    for (const place of sampled([s3.env('restored'), {}], 2)) {
      const dataDir = await mkdtemp(join(folder, 'target-'));
      const database =
        databaseKind === 'pglite' ? null : await createTestDatabase(process.env['TEST_DATABASE_URL'] ?? '');
      const { BLOBS_URL: _, ...settings } = app.env;
      const env = {
        ...settings,
        ...place,
        DATA_DIR: dataDir,
        ...(database === null ? {} : { DATABASE_URL: database.url }),
      };
      const restored = await runCli(['restore', file], env);
      expect(restored, restored.stderr).toMatchObject({ code: 0 });
      const copy = await startTestApp({ like: { env, dataDir } });
      const again = personOf(copy.baseUrl, person.token, person);
      expect(await (await contentOf(again, document.id)).text()).toContain('kestrel hovers');
      await copy.close();
      await database?.drop();
    }
  });

  test('loses nothing while the bucket is out of reach, and goes on when it is back', async () => {
    await s3.stop();
    const refused = await send(person, conversation, formOf(textFile('late.txt', 'Too early.')));
    expect(refused.status).toBe(503);
    expect(await refused.text()).toMatch(/storage of the original files does not answer: nothing is lost/);
    expect((await contentOf(person, document.id)).status).toBe(503);
    expect((await documentOf(person, document.id)).status).toBe('ready');
    expect(await readdir(join(app.dataDir, 'incoming'))).toEqual([]);
    await s3.start();
    expect((await contentOf(person, document.id)).status).toBe(200);
    expect((await upload(person, conversation, textFile('late.txt', 'In time.'))).length).toBe(1);
  });

  test('lets documents wait for as long as the bucket is away, and reads them when it is back', async () => {
    const broken = ['one.pdf', 'two.pdf'].map((name) => ({
      name,
      bytes: Buffer.from('%PDF-1.7\nnothing more'),
    }));
    const failed = await uploadAndWait(person, conversation, ...broken);
    expect(failed.map(({ status }) => status)).toEqual(['failed', 'failed']);
    await s3.stop();
    for (const { id } of failed)
      expect((await person.fetch(`/documents/${id}/retry`, { method: 'POST' })).ok).toBe(true);
    // As often as makes a document fail that is to blame itself.
    const waiting = failed.map(async ({ id }) => {
      const dueTimes = new Set<string>();
      const isTriedOften = async (): Promise<boolean> => {
        const { rows } = await app.app.db.pool.query<{ due: string }>(
          `SELECT due_at::text AS due FROM work WHERE item_id = $1 AND kind = 'ingest' AND token IS NULL`,
          [id],
        );
        for (const { due } of rows) dueTimes.add(due);
        expect((await documentOf(person, id)).status).not.toBe('failed');
        return dueTimes.size > 3;
      };
      await until('it was tried in vain three times', isTriedOften, 90_000);
      expect(await documentOf(person, id)).toMatchObject({
        status: 'queued',
        stage_message: 'waiting until the storage answers again',
      });
    });
    await Promise.all(waiting);
    await s3.start();
    // They were read again: what is wrong is the file.
    for (const { id, error } of failed)
      await until(
        'it is read',
        async () => (await documentOf(person, id)).error?.code === error?.code,
        90_000,
      );
  });

  test('fails one document with a sentence when its object is gone', async () => {
    const [lost] = await uploadAndWait(person, conversation, textFile('lost.txt', 'The lost lark.'));
    const { rows } = await app.app.db.pool.query<{ key: string }>(
      'SELECT blob_key AS key FROM documents WHERE id = $1',
      [lost?.id],
    );
    await (await blobs()).delete(rows[0]?.key ?? '');
    const response = await contentOf(person, lost?.id ?? '');
    expect(response.status).toBe(410);
    expect(await response.text()).toMatch(/original_missing/);
    expect((await contentOf(person, document.id)).status).toBe(200);
  });
});

describe('a start is refused', { timeout: 120_000 }, () => {
  const start = (env: Record<string, string>) => startTestApp({ isNew: true, env });
  const elsewhere = (url: string, more = {}) => ({ ...s3.env('x'), BLOBS_URL: url, ...more });

  test('with a key that the bucket does not know', async () => {
    const wrong = { ...s3.env('wrong'), AWS_ACCESS_KEY_ID: 'SOMEBODY', AWS_SECRET_ACCESS_KEY: 'else' };
    await expect(start(wrong)).rejects.toThrow(
      /The bucket s3:\/\/originals\/wrong.* cannot be used: .*InvalidAccessKeyId.*AWS_ACCESS_KEY_ID/,
    );
  });

  test('with a key that may read and not write', async () => {
    const { server, url } = await readOnlyBucket();
    await expect(start(elsewhere(`s3://originals?endpoint=${url}`))).rejects.toThrow(
      /cannot be used: .*AccessDenied/,
    );
    server.close();
  });

  test('without such a bucket, and without such a server', async () => {
    const endpoint = new URL(s3.env('x')['BLOBS_URL'] ?? '').searchParams.get('endpoint');
    await expect(start(elsewhere(`s3://nowhere?endpoint=${endpoint}`))).rejects.toThrow(/NoSuchBucket/);
    await expect(start(elsewhere('s3://originals?endpoint=http://127.0.0.1:1'))).rejects.toThrow(
      /cannot be used: .*ECONNREFUSED 127.0.0.1:1/,
    );
  });

  test('with a bucket of another installation', async () => {
    await expect(start(s3.env('installation'))).rejects.toThrow(
      /The bucket .* holds originals that this database does not name: correct DATABASE_URL or BLOBS_URL/,
    );
  });
});

/** Lists, and refuses every write. */
async function readOnlyBucket(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'GET') {
      response.setHeader('content-type', 'application/xml');
      response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
      return;
    }
    response.statusCode = 403;
    response.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` };
}
