import { createHash } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { vectorsVersion } from '../../src/indexing/versions.ts';
import { addText, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { startProvider } from '../support/provider.ts';
import { embedText } from '../support/provider-embeddings.ts';
import { embeddedTexts, storedIndex } from './support/embedded-documents.ts';

const model = 'test-embedding';
const text = 'The lighthouse of Marsk was built in 1871.';
const provider = await startProvider();
afterAll(() => provider.close());
beforeEach(() => provider.reset());
const settings = { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: model };

/** Leaves the document as earlier versions kept it: each vector in a row of its own beside the segment. */
async function keepInRows({ app }: TestApp, documentId: string): Promise<void> {
  const hash = createHash('sha256').update(text).digest();
  await app.db.pool.query(
    `INSERT INTO chunk_vectors (user_id, conversation_id, document_id, ordinal, model, embedding, content_hash)
     SELECT user_id, conversation_id, document_id, ordinal, $2, $3::halfvec, $4 FROM chunks WHERE document_id = $1`,
    [documentId, model, JSON.stringify(embedText(text)), hash],
  );
  await app.db.pool.query('UPDATE chunks SET content_hash = NULL WHERE document_id = $1', [documentId]);
  await app.db.pool.query('UPDATE documents SET vectors_version = 1 WHERE id = $1', [documentId]);
}

async function versionOf({ app }: TestApp, documentId: string): Promise<number | undefined> {
  const { rows } = await app.db.pool.query<{ version: number }>(
    'SELECT vectors_version AS version FROM documents WHERE id = $1',
    [documentId],
  );
  return rows[0]?.version;
}

async function found(person: Person, conversation: string): Promise<string[]> {
  const { results } = await person.client.retrieve(conversation, { query: text, strategy: 'vector' });
  return results.map(({ content }) => content);
}

/** Plants what an earlier version has left, restarts the server and waits until it has looked at it. */
async function afterRestart(
  plant: (app: TestApp, documentId: string) => Promise<void>,
  look: (app: TestApp, person: Person, conversation: string, documentId: string) => Promise<void>,
): Promise<void> {
  const first = await startTestApp({ env: settings });
  try {
    const person = await newPerson(first.baseUrl);
    const conversation = await newConversation(person);
    const { id } = await addText(person, conversation, text, 'marsk.txt');
    await keepInRows(first, id);
    await plant(first, id);
    await first.stop();
    provider.reset();
    const second = await startTestApp({ like: first });
    try {
      await until('its vectors are kept once', async () => (await versionOf(second, id)) === vectorsVersion);
      await look(second, personOf(second.baseUrl, person.token, person), conversation, id);
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}

const once = { model, vectors: {}, segments: ['blocks', 'keyword', `vector:${model}`] };

test('rows of an earlier version go, and their texts are still known', { timeout: 120_000 }, async () => {
  await afterRestart(
    async () => {},
    async (app, person, conversation, id) => {
      expect(await storedIndex(app, id)).toEqual(once);
      expect(await found(person, conversation)).toEqual([text]);
      await addText(person, await newConversation(person), text, 'again.txt');
      // The search embeds its question; no document is embedded again.
      expect(embeddedTexts(provider, model)).toEqual([text]);
    },
  );
});

test('a segment that cannot be read is made of the rows before they go', { timeout: 120_000 }, async () => {
  await afterRestart(
    async ({ app }, id) => {
      await app.db.pool.query(
        `UPDATE segments SET bytes = '\\x00' WHERE document_id = $1 AND kind LIKE 'vector:%'`,
        [id],
      );
    },
    async (app, person, conversation, id) => {
      expect(await storedIndex(app, id)).toEqual(once);
      expect(embeddedTexts(provider, model)).toEqual([]);
      expect(await found(person, conversation)).toEqual([text]);
    },
  );
});

test.each([
  ['damaged', `UPDATE segments SET bytes = '\\x00'`],
  ['not there', 'DELETE FROM segments'],
])('a segment that is %s is embedded again, and found by words until then', async (_, lose) => {
  const app = await startTestApp({ env: settings });
  try {
    const person = await newPerson(app.baseUrl);
    const conversation = await newConversation(person);
    const { id } = await addText(person, conversation, text, 'marsk.txt');
    await app.app.db.pool.query(`${lose} WHERE document_id = $1 AND kind LIKE 'vector:%'`, [id]);
    const { results } = await person.client.retrieve(conversation, { query: text });
    expect(results.map(({ content }) => content)).toEqual([text]);
    await until('it is found by its meaning', async () => (await found(person, conversation)).length === 1);
    expect(await storedIndex(app, id)).toEqual(once);
  } finally {
    await app.close();
  }
});
