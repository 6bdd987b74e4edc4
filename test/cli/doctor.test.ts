import { existsSync } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/client.ts';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { textFile } from '../documents/support/files.ts';
import { filesOf, uploadAndWait } from '../documents/support/uploading.ts';
import { openToLook } from '../support/open-to-look.ts';
import { databaseKind, newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { isDistributed } from '../support/database-kind.ts';
import { startProvider } from '../support/provider.ts';
import { type Ended, runCli } from '../support/run-cli.ts';

interface Report {
  healthy: boolean;
  checks: { name: string; status: 'ok' | 'warn' | 'fail'; found: string; advice?: string }[];
}

let app: TestApp;
let person: Person;
beforeAll(async () => {
  app = await startTestApp();
  person = await newPerson(app.baseUrl);
  const conversation = await newConversation(person);
  await uploadAndWait(person, conversation, textFile('a.txt', 'One.'), textFile('b.txt', 'Two.'));
  await app.stop();
});
afterAll(() => app?.close());

async function inDatabase(...statements: string[]): Promise<void> {
  const db = await openToLook(app.env);
  for (const statement of statements) await db.pool.query(statement);
  await db.close();
}

async function examine(...args: string[]): Promise<{ code: number | null; report: Report }> {
  const ended: Ended = await runCli(['doctor', '--json', ...args], app.env);
  expect(ended.stderr).toBe('');
  return { code: ended.code, report: JSON.parse(ended.stdout) as Report };
}

const statusOf = (report: Report, name: string) => report.checks.find((check) => check.name === name);

describe('alcove doctor', { timeout: 240_000 }, () => {
  test('says of a healthy installation, line by line, that it is', async () => {
    const ended = await runCli(['doctor'], app.env);
    expect(ended, ended.stdout).toMatchObject({ code: 0 });
    const lines = ended.stdout.trim().split('\n');
    for (const line of lines) expect(line).toMatch(/^(ok  |warn) [a-z ]+: /);
    for (const name of [
      'schema',
      'isolation',
      'constraints',
      'probe',
      'originals',
      'indexes',
      'query plans',
      'clock',
    ])
      expect(
        lines.some((line) => line.startsWith(`ok   ${name}: `)),
        name,
      ).toBe(true);
    // The probe has taken everything back.
    const { report } = await examine();
    expect(statusOf(report, 'originals')?.found).toMatch(/^2 documents have theirs/);
    expect(statusOf(report, 'search')?.status).toBe(databaseKind === 'pglite' ? 'ok' : 'warn');
  });

  test('finds passages that search does not know, and has them indexed anew', async () => {
    await inDatabase('DELETE FROM chunk_terms', 'UPDATE documents SET searchable_chunks = chunk_count');
    const broken = statusOf((await examine()).report, 'indexes');
    expect(broken).toMatchObject({ status: 'fail' });
    expect(broken?.found).toBe('search does not know every passage of 2 of 2 documents');
    expect(statusOf((await examine('--repair')).report, 'indexes')).toMatchObject({ status: 'ok' });
  });

  test('finds words of a recognised page that are not whole, and has the page read again', async () => {
    await inDatabase(
      `INSERT INTO segments SELECT user_id, conversation_id, document_id, 'words:1', '\\x1f8b'::bytea
        FROM segments WHERE kind = 'keyword' AND document_id = (SELECT min(document_id::text)::uuid FROM segments)`,
    );
    const broken = statusOf((await examine()).report, 'segments');
    expect(broken?.found).toMatch(/^1 of 5 index segments are not whole, such as words:1 of \S+: its bytes/);
    expect(statusOf((await examine('--repair')).report, 'segments')).toMatchObject({ status: 'ok' });
    await inDatabase(`DELETE FROM work WHERE kind = 'index' AND target = 'passages'`);
  });

  test('finds blocks of a text that are not whole, and has the original read again', async () => {
    await inDatabase(
      `UPDATE segments SET bytes = '\\x1f8b'::bytea
        WHERE kind = 'blocks' AND document_id = (SELECT min(document_id::text)::uuid FROM segments)`,
    );
    const broken = statusOf((await examine()).report, 'segments');
    expect(broken?.found).toMatch(/^1 of 4 index segments are not whole, such as blocks of \S+: its bytes/);
    expect(statusOf((await examine('--repair')).report, 'segments')).toMatchObject({ status: 'ok' });
    await inDatabase(`DELETE FROM work WHERE kind = 'index' AND target = 'passages'`);
  });

  test('finds vectors that are not there, and has them made anew; those that are being made are none', async () => {
    await inDatabase(
      `UPDATE documents SET embedding_model = 'test-vectors' WHERE id = (SELECT min(id::text)::uuid FROM documents)`,
    );
    const broken = statusOf((await examine()).report, 'segments');
    expect(broken?.found).toMatch(
      /^1 of 4 index segments are not whole, such as vector:test-vectors of \S+: it is not there$/,
    );
    expect(statusOf((await examine('--repair')).report, 'segments')).toMatchObject({ status: 'ok' });
    await inDatabase(
      `DELETE FROM work WHERE kind = 'index' AND target = 'vector:test-vectors'`,
      'UPDATE documents SET embedding_model = NULL',
    );
  });

  // A part of a table on another machine is broken there, past what statements to the coordinator can do.
  test.skipIf(isDistributed())('finds what was broken on purpose, and mends what loses nothing', async () => {
    const [original = '', other = ''] = await filesOf(app, person);
    await inDatabase(
      'CREATE POLICY leak ON chunks TO alcove_app USING (true)',
      `UPDATE segments SET bytes = '\\x00'::bytea
        WHERE kind = 'keyword' AND document_id = (SELECT min(document_id::text)::uuid FROM segments)`,
      `UPDATE segments SET bytes = set_byte(bytes, 60, get_byte(bytes, 60) # 1)
        WHERE kind = 'keyword' AND document_id = (SELECT max(document_id::text)::uuid FROM segments)`,
      'ALTER TABLE chunk_vectors DROP CONSTRAINT chunk_vectors_user_id_conversation_id_document_id_model_ordinal_pk',
    );
    await rm(join(app.dataDir, original));
    const orphan = join(app.dataDir, 'blobs', person.id, crypto.randomUUID());
    await writeFile(orphan, 'left by a killed upload');
    const longAgo = new Date(Date.now() - 3 * 3_600_000);
    for (const path of [orphan, join(app.dataDir, other)]) await utimes(path, longAgo, longAgo);
    const { code, report } = await examine();
    expect(code).toBe(1);
    expect(report.healthy).toBe(false);
    for (const [name, found] of Object.entries({
      isolation: /1 are there that should not be/,
      constraints: /^the primary key chunk_vectors_\w+ of chunk_vectors is missing$/,
      probe: /somebody else sees 1 rows of chunks instead of 0/,
      originals: /^1 of 2 documents are without their original/,
      segments: /^2 of 3 index segments are not whole, such as keyword of \S+: The index segment cannot/,
      indexes: /^1 of 2 documents have no readable keyword index/,
      'query plans': /^vectors: no index can be used/,
    })) {
      expect(statusOf(report, name), name).toMatchObject({ status: 'fail' });
      expect(statusOf(report, name)?.found, name).toMatch(found);
      expect(statusOf(report, name)?.advice, name).toMatch(/\w/);
    }
    const mended = await examine('--repair');
    expect(statusOf(mended.report, 'isolation')).toMatchObject({ status: 'ok' });
    expect(statusOf(mended.report, 'constraints')).toMatchObject({ status: 'ok' });
    expect(statusOf(mended.report, 'probe')).toMatchObject({ status: 'ok' });
    expect(mended.code).toBe(1);
    // It is in quarantine, not deleted.
    expect(existsSync(orphan)).toBe(false);
    expect(statusOf(mended.report, 'originals')?.found).toMatch(/, 1 in quarantine$/);
    const running = await startTestApp({ like: app });
    await until('a running server has made the segments anew', async () => {
      const { rows } = await running.app.db.pool.query(
        `SELECT 1 FROM segments WHERE octet_length(bytes) > 40 AND kind = 'keyword'`,
      );
      return rows.length === 2;
    });
    await running.stop();
  });

  // Citus adds foreign keys in a way of its own, which `db distribute` knows.
  test.skipIf(isDistributed())('says which keys are not as the migrations make them', async () => {
    const nobody = crypto.randomUUID();
    await inDatabase(
      'ALTER TABLE activity DROP CONSTRAINT activity_user_id_users_id_fk',
      `INSERT INTO activity (user_id, day) VALUES ('${nobody}', '2026-01-01')`,
      'ALTER TABLE messages DROP CONSTRAINT messages_by_seq',
      'ALTER TABLE messages ADD CONSTRAINT messages_by_seq UNIQUE (user_id, seq, id)',
      'ALTER TABLE messages DROP CONSTRAINT messages_conversation',
      `ALTER TABLE messages ADD CONSTRAINT messages_conversation FOREIGN KEY (user_id, conversation_id)
        REFERENCES conversations (user_id, id) ON DELETE CASCADE NOT VALID`,
      'ALTER TABLE segments DROP CONSTRAINT segments_document',
    );
    const broken = statusOf((await examine()).report, 'constraints');
    expect(broken?.status).toBe('fail');
    expect(broken?.found.split('; ')).toEqual([
      'the unique key messages_by_seq of messages is "UNIQUE (user_id, seq, id)" instead of "UNIQUE (user_id, conversation_id, seq)"',
      'the foreign key activity_user_id_users_id_fk of activity is missing',
      'the foreign key messages_conversation of messages is not validated: rows from before it may be against it',
      'the foreign key segments_document of segments is missing',
    ]);
    expect(broken?.advice).toMatch(/doctor --repair/);
    // A row is against one of them, which stays away; the others are made anew.
    const left = statusOf((await examine('--repair')).report, 'constraints');
    expect(left?.advice).toMatch(
      /^It could not be mended: activity_user_id_users_id_fk of activity: .* \(Key \(user_id\)=/,
    );
    expect(statusOf((await examine()).report, 'constraints')?.found).toBe(
      'the foreign key activity_user_id_users_id_fk of activity is missing',
    );
    await inDatabase(`DELETE FROM activity WHERE user_id = '${nobody}'`);
    expect(statusOf((await examine('--repair')).report, 'constraints')).toMatchObject({ status: 'ok' });
  });

  test.each([
    ['answers', {}, 'ok', /^answers by test-chat/],
    ['refuses the key', { apiKey: 'another' }, 'fail', /refused the key: check LLM_API_KEY/],
  ])('asks the language model for a word: it %s', async (_what, options, status, found) => {
    const provider = await startProvider(options);
    const env = { ...app.env, LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat', LLM_API_KEY: 'one' };
    const { stdout } = await runCli(['doctor', '--json'], env);
    await provider.close();
    const models = statusOf(JSON.parse(stdout) as Report, 'models');
    expect(models).toMatchObject({ status, found: expect.stringMatching(found) as string });
  });

  test('examines an installation while its server runs', async () => {
    const running = await startTestApp();
    const { stdout, code } = await runCli(['doctor', '--json'], running.env);
    await running.close();
    const report = JSON.parse(stdout) as Report;
    expect(report.checks.length).toBeGreaterThan(10);
    expect({ code, healthy: report.healthy }).toEqual({ code: 0, healthy: true });
  });

  test.skipIf(databaseKind === 'postgres')(
    'says so when the embedded database is in another process that does not answer',
    async () => {
      const holder = await connectDatabase(readConfig(app.env).database);
      const ended = await runCli(['doctor'], app.env);
      await holder.close();
      expect(ended.code).toBe(1);
      expect(ended.stdout).toMatch(/^FAIL connection: .*in use by process \d+.*end the one that holds it/);
    },
  );

  test('leaves the search of a server as its operator has it, and says how it gets faster', async () => {
    expect(await runCli(['db', 'index-search'], app.env)).toMatchObject({ code: 0 });
    expect(statusOf((await examine()).report, 'search')?.status).toBe('ok');
    expect(await runCli(['db', 'index-search', '--undo'], app.env)).toMatchObject({ code: 0 });
    expect(statusOf((await examine()).report, 'search')?.status).toBe('warn');
  });
});
