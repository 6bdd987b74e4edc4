import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { keywordVersion, passagesVersion } from '../../src/indexing/versions.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { startProvider } from '../support/provider.ts';
import { storedIndex } from './support/embedded-documents.ts';

const provider = await startProvider();
afterAll(() => provider.close());
beforeEach(() => provider.reset());
const settings = { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: 'test-embedding' };

interface Versions {
  passages_version: number;
  keyword_version: number;
}

async function versionsOf(app: TestApp, id: string): Promise<Versions | undefined> {
  const { rows } = await app.app.db.pool.query<Versions>(
    'SELECT passages_version, keyword_version FROM documents WHERE id = $1',
    [id],
  );
  return rows[0];
}

async function findsLighthouse(person: Person, conversation: string): Promise<void> {
  for (const strategy of ['keyword', 'vector'] as const) {
    const { results } = await person.client.retrieve(conversation, {
      query: 'lighthouse of Marsk',
      strategy,
    });
    expect(results[0]?.content).toContain('1871');
  }
}

test(
  'indexes of an earlier version are made anew by themselves, and serve until then',
  { timeout: 120_000 },
  async () => {
    const first = await startTestApp({ env: settings });
    try {
      const person = await newPerson(first.baseUrl);
      const conversation = await newConversation(person);
      const text = 'The lighthouse of Marsk was built in 1871.';
      const keywords = await addText(person, conversation, text, 'keywords.txt');
      const passages = await addText(person, conversation, 'Ada Holm keeps the light.', 'passages.txt');
      const index = await storedIndex(first, passages.id);
      await first.app.db.pool.query(
        `UPDATE documents SET keyword_version = 0 WHERE id = '${keywords.id}';
         UPDATE segments SET bytes = '\\x00' WHERE kind = 'keyword' AND document_id = '${keywords.id}';
         UPDATE documents SET passages_version = 0 WHERE id = '${passages.id}'`,
      );
      await first.stop();
      provider.reset();
      const second = await startTestApp({ like: first });
      try {
        for (const { id } of [keywords, passages]) {
          await until('it is of this version', async () => {
            const now = await versionsOf(second, id);
            return now?.keyword_version === keywordVersion && now.passages_version === passagesVersion;
          });
        }
        const again = personOf(second.baseUrl, person.token, person);
        await findsLighthouse(again, conversation);
        expect(await storedIndex(second, passages.id)).toEqual(index);
        // What has been embedded before is not embedded again.
        expect(provider.requests.filter(({ body }) => String(body['input']).includes('Ada Holm'))).toEqual(
          [],
        );
        const { body } = await askJson(again, conversation, 'Who keeps the light?');
        expect(body.sources.map(({ document_name: name }) => name)).toContain('passages.txt');
        const overview = await again.client.conversations.overview();
        expect(overview).toMatchObject({ total_documents: 2, total_chunks: 2 });
      } finally {
        await second.close();
      }
    } finally {
      await first.close();
    }
  },
);

test(
  'a document that cannot be read again keeps its passages for good, and one that could not be reached is tried again',
  { timeout: 120_000 },
  async () => {
    const first = await startTestApp();
    try {
      const person = await newPerson(first.baseUrl);
      const conversation = await newConversation(person);
      const unreadable = await addText(person, conversation, 'The lighthouse of Marsk.', 'unreadable.txt');
      const missing = await addText(person, conversation, 'The harbour of Norum.', 'missing.txt');
      const { pool } = first.app.db;
      const keyOf = async (id: string): Promise<string> => {
        const sql = 'SELECT blob_key AS key FROM documents WHERE id = $1';
        return (await pool.query<{ key: string }>(sql, [id])).rows[0]?.key ?? '';
      };
      // What this version takes for a PDF that is none; and an original that is away.
      await pool.query(
        `UPDATE documents SET passages_version = 0 WHERE user_id = '${person.id}';
         UPDATE documents SET media_type = 'application/pdf' WHERE id = '${unreadable.id}'`,
      );
      const [path, aside] = [
        join(first.dataDir, 'blobs', await keyOf(missing.id)),
        join(first.dataDir, 'aside'),
      ];
      await rename(path, aside);
      await first.stop();
      const second = await startTestApp({ like: first });
      try {
        const isCurrent = async (id: string): Promise<boolean> =>
          (await versionsOf(second, id))?.passages_version === passagesVersion;
        await until('it is given up', () => isCurrent(unreadable.id));
        await until('the other one was tried', async () => {
          const sql = `SELECT 1 FROM work WHERE item_id = '${missing.id}' AND attempts > 0 AND token IS NULL`;
          return (await second.app.db.pool.query(sql)).rows.length === 1;
        });
        expect(await isCurrent(missing.id)).toBe(false);
        const again = personOf(second.baseUrl, person.token, person);
        const found = await again.client.retrieve(conversation, { query: 'lighthouse harbour' });
        expect(found.results).toHaveLength(2);
        await rename(aside, path);
        await second.app.db.pool.query(`UPDATE work SET due_at = now() WHERE item_id = '${missing.id}'`);
        await until('it is read again', () => isCurrent(missing.id));
      } finally {
        await second.close();
      }
    } finally {
      await first.close();
    }
  },
);
