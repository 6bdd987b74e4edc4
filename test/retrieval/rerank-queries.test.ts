import { expect, test } from 'vitest';
import { rerank } from '../../src/retrieval/rerank.ts';
import type { RetrievedChunk } from '../../src/retrieval/result.ts';

const chunk = (content: string) =>
  ({ content, prefix: null, heading: [], documentName: 'a.txt' }) as unknown as RetrievedChunk;
/** A model by which a passage answers a query whose word it holds. */
const model = {
  id: 'words',
  score: async (query: string, texts: readonly string[]) => texts.map((text) => Number(text.includes(query))),
};

test('a passage that answers only one of several queries is not left behind', async () => {
  const { chunks } = await rerank(
    ['keeper', 'tower'],
    [chunk('nothing'), chunk('the tower is high')],
    { model, threshold: 0.5 },
    AbortSignal.timeout(5_000),
  );
  expect(chunks.map(({ content }) => content)).toEqual(['the tower is high']);
});
