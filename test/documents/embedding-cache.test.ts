import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { addText, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, personOf, startTestApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';
import {
  embeddedTexts,
  longText,
  readDocument,
  startText,
  storedIndex,
} from './support/embedded-documents.ts';

const model = 'test-embedding';
const provider = await startProvider();
afterAll(() => provider.close());
const settings = { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: model };
const first = await startTestApp({ env: settings });
afterAll(() => first.close());
beforeEach(() => provider.reset());

describe('a text that its owner has embedded before', () => {
  const text = 'The lighthouse of Marsk was built in 1871. Its keeper is Ada Holm.';

  test('costs no request when it comes again, in another conversation', async () => {
    const person = await newPerson(first.baseUrl);
    const before = await addText(person, await newConversation(person), text);
    expect(embeddedTexts(provider, model)).toHaveLength(1);
    const again = await addText(person, await newConversation(person), text);
    expect(embeddedTexts(provider, model)).toHaveLength(1);
    expect(await storedIndex(first, again.id)).toEqual(await storedIndex(first, before.id));
  });

  test('is embedded anew for somebody else', async () => {
    const [one, other] = [await newPerson(first.baseUrl), await newPerson(first.baseUrl)];
    await addText(one, await newConversation(one), text);
    await addText(other, await newConversation(other), text);
    expect(embeddedTexts(provider, model)).toHaveLength(2);
  });

  test('is embedded anew once every document with it is deleted', async () => {
    const person = await newPerson(first.baseUrl);
    const document = await addText(person, await newConversation(person), text);
    await person.json('DELETE', `/documents/${document.id}`);
    await addText(person, await newConversation(person), text);
    expect(embeddedTexts(provider, model)).toHaveLength(2);
  });
});

test('a document whose worker stops in the middle goes on after the last stored step', async () => {
  const person = await newPerson(first.baseUrl);
  const id = await newConversation(person);
  // One step is 128 passages in 4 requests; the second step never comes back.
  provider.scriptEmbeddings(null, null, null, null, behave.hang(), behave.hang());
  const started = await startText(person, id, longText(200));
  const stored = await until(
    'the first step is stored',
    async () => (await storedIndex(first, started.id)).vectors[model],
  );
  expect(stored).toBe(128);
  expect(await storedIndex(first, started.id)).toMatchObject({
    model: null,
    segments: ['blocks', 'keyword'],
  });
  await until('the second step is under way', () => embeddedTexts(provider, model).length > 128);
  await first.stop();

  provider.reset();
  const second = await startTestApp({ like: first });
  try {
    const again = personOf(second.baseUrl, person.token, person);
    const ready = await until('the document is ready', async () => {
      const document = await readDocument(again, started.id);
      return document.vectors_ready && document;
    });
    expect(ready.chunk_count).toBeGreaterThan(150);
    expect(embeddedTexts(provider, model)).toHaveLength(ready.chunk_count - 128);
    expect(await storedIndex(second, started.id)).toEqual({
      model,
      vectors: {},
      segments: ['blocks', 'keyword', `vector:${model}`],
    });
  } finally {
    await second.close();
  }
});
