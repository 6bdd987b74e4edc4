import { expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, newConversation } from '../answers/support/asking.ts';
import { newPerson } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { embedText } from '../support/provider-embeddings.ts';

const { provider, app } = await answeringApp({}, { embeddings: true });

test('a passage whose vector is zero fails no document, and is not found by meaning', async () => {
  const person = await newPerson((await app()).baseUrl);
  const id = await newConversation(person);
  const text = `${'\u200b \u2060\n'.repeat(400)}${'The harbour was dredged in 1902. '.repeat(100)}`;
  const vectors = [new Array<number>(256).fill(0), embedText('harbour dredged'), embedText('dredged 1902')];
  const data = (count: number) =>
    vectors.slice(0, count).map((embedding, index) => ({ object: 'embedding', index, embedding }));
  const chunks = await chunksOf(text);
  expect(chunks).toBeGreaterThan(1);
  provider.scriptEmbeddings(behave.status(200, { object: 'list', data: data(chunks) }));
  const document = await addText(person, id, text, 'harbour.txt');
  expect(document).toMatchObject({ status: 'ready', chunk_count: chunks });
  const { results } = await person.client.retrieve(id, { query: 'When was it dredged?', strategy: 'vector' });
  expect(results.length).toBeGreaterThan(0);
  expect(results.every(({ score }) => Number.isFinite(score))).toBe(true);

  /** Passages that the text comes to. */
  async function chunksOf(whole: string): Promise<number> {
    const other = await newPerson((await app()).baseUrl);
    return (await addText(other, await newConversation(other), whole, 'harbour.txt')).chunk_count ?? 0;
  }
});
