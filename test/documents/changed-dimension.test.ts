import { afterAll, beforeEach, expect, test } from 'vitest';
import { vectorKind } from '../../src/documents/segment-kinds.ts';
import { openVectors } from '../../src/indexing/vectors.ts';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';
import {
  embeddedTexts,
  longText,
  readDocument,
  startText,
  storedIndex,
} from './support/embedded-documents.ts';

// The same name of a model that has come to mean another one, whose vectors are of another length.

const model = 'test-embedding';
const wide = await startProvider();
const narrow = await startProvider({ dimensions: 128 });
afterAll(() => Promise.all([wide.close(), narrow.close()]));
beforeEach(() => [wide, narrow].forEach((provider) => provider.reset()));
const by = ({ baseUrl }: { baseUrl: string }) => ({ EMBEDDING_BASE_URL: baseUrl, EMBEDDING_MODEL: model });

/** What is done with the one, and then with the other, on the same data. */
async function changing<T>(
  before: (app: TestApp, person: Person) => Promise<T>,
  after: (app: TestApp, person: Person, made: T) => Promise<void>,
): Promise<void> {
  const first = await startTestApp({ env: by(wide) });
  try {
    const person = await newPerson(first.baseUrl);
    const made = await before(first, person);
    await first.stop();
    const second = await startTestApp({ like: first, env: by(narrow) });
    try {
      await after(second, personOf(second.baseUrl, person.token, person), made);
    } finally {
      await second.close();
    }
  } finally {
    await first.close();
  }
}

test('documents are found by their words, and who asks for vectors is told why there are none', async () => {
  await changing(
    async (_, person) => {
      const id = await newConversation(person);
      await addText(person, id, 'The lighthouse of Marsk was built in 1871.');
      return id;
    },
    async (_, person, id) => {
      const found = await person.client.retrieve(id, { query: 'lighthouse of Marsk' });
      expect(found.results).toHaveLength(1);
      expect(found.legs).toEqual(['keyword']);
      expect(found.notices.join()).toMatch(/^Semantic search failed and only keyword search ran: /);
      const failed = await person.json('POST', `/conversations/${id}/retrieve`, {
        query: 'lighthouse of Marsk',
        strategy: 'vector',
      });
      expect(failed).toMatchObject({
        status: 502,
        body: { code: 'model_unavailable', error: expect.stringMatching(/128 .* 256/) },
      });
      const { status, body } = await askJson(person, id, 'When was the lighthouse of Marsk built?');
      expect({ status, legs: body.metadata.legs }).toEqual({ status: 200, legs: ['keyword'] });
    },
  );
});

test('a document that is half embedded is embedded from the beginning', { timeout: 120_000 }, async () => {
  await changing(
    async (app, person) => {
      const id = await newConversation(person);
      // The second step never comes back.
      wide.scriptEmbeddings(null, null, null, null, behave.hang(), behave.hang());
      const document = await startText(person, id, longText(200));
      const isStored = async () => (await storedIndex(app, document.id)).vectors[model];
      expect(await until('the first step is stored', isStored)).toBe(128);
      await until('the second step is under way', () => embeddedTexts(wide, model).length > 128);
      return { id, documentId: document.id };
    },
    async (app, person, { id, documentId }) => {
      const isEmbedded = async () => (await readDocument(person, documentId)).vectors_ready;
      await until('it is embedded', isEmbedded, 60_000);
      expect((await storedIndex(app, documentId)).vectors).toEqual({});
      const { rows } = await app.app.db.pool.query<{ bytes: Buffer }>(
        'SELECT bytes FROM segments WHERE user_id = $1 AND document_id = $2 AND kind = $3',
        [person.id, documentId, vectorKind(model)],
      );
      const { chunk_count: count } = await readDocument(person, documentId);
      expect(rows.map(({ bytes }) => openVectors(bytes))).toMatchObject([{ dimension: 128, count }]);
      const found = await person.client.retrieve(id, { query: 'the keeper', strategy: 'vector' });
      expect(found.legs).toEqual(['vector']);
    },
  );
});
