import { beforeAll, describe, expect, test } from 'vitest';
import type { Chunk, Retrieved } from '@alcove/contract';
import { textToEmbed } from '../../src/documents/embedded-text.ts';
import { answeringApp } from '../answers/support/answering-app.ts';
import { addText, askInVain, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { embedText } from '../support/provider-embeddings.ts';

const { provider, app } = await answeringApp({}, { embeddings: true });
const plain = sharedApp();
const topics = ['herring', 'lighthouse', 'railway', 'glacier', 'violin', 'orchard'];
/** Sections that are each a passage of their own. */
const text = topics
  .map(
    (topic, at) =>
      `# ${topic}\n\n${`The ${topic} of Marsk was described in volume ${at + 1}. It has been studied for ${at * 7 + 3} years. `.repeat(14)}`,
  )
  .join('\n\n');
let person: Person;
let conversation: string;
let chunks: Chunk[];
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
  conversation = await newConversation(person);
  const document = await addText(person, conversation, text, 'marsk.md');
  chunks = (await person.client.documents.chunks(document.id, { limit: 200 })).chunks;
  expect(chunks.length).toBeGreaterThanOrEqual(topics.length);
});

async function retrieve(body: Parameters<Person['client']['retrieve']>[1]): Promise<Retrieved> {
  return person.client.retrieve(conversation, body);
}

/** Cosine similarity of unit vectors. */
function similarity(query: string, chunk: Chunk): number {
  const [a, b] = [embedText(query), embedText(textToEmbed({ ...chunk, prefix: null }))];
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

describe('keyword', () => {
  test('finds by words alone, the passage with the rare word first', async () => {
    provider.requests.length = 0;
    const found = await retrieve({ query: 'the violin of Marsk', strategy: 'keyword' });
    expect(found.legs).toEqual(['keyword']);
    expect(found.results[0]?.heading).toEqual(['violin']);
    expect(provider.requests).toEqual([]);
    expect(found.results.every(({ vector, keyword }) => vector === null && keyword !== null)).toBe(true);
  });

  test('finds nothing where no word stands', async () => {
    expect((await retrieve({ query: 'zebra quagga', strategy: 'keyword' })).results).toEqual([]);
  });
});

describe('vector', () => {
  test.each(['a violin that was studied', 'glacier and orchard', 'which railway is described in volume 3'])(
    'gives what an exact computation gives: %s',
    async (query) => {
      const found = await retrieve({ query, strategy: 'vector', top_k: 50 });
      expect(found.legs).toEqual(['vector']);
      expect(found.results).toHaveLength(chunks.length);
      const exact = new Map(chunks.map((chunk) => [chunk.id, similarity(query, chunk)]));
      // Vectors are stored with half precision: scores agree to about three digits.
      for (const result of found.results)
        expect(result.score).toBeCloseTo(exact.get(result.chunk_id) ?? Number.NaN, 2);
      const scores = found.results.map(({ chunk_id: id }) => exact.get(id) ?? Number.NaN);
      scores.slice(1).forEach((score, at) => expect(score).toBeLessThanOrEqual((scores[at] ?? 0) + 0.002));
      expect(found.results.map(({ vector }) => vector?.rank)).toEqual(found.results.map((_, at) => at + 1));
    },
  );

  test('finds what is meant and not said', async () => {
    const other = await newConversation(person);
    await addText(person, other, 'The car stands in the yard.', 'car.txt');
    await addText(person, other, 'The soup is cold.', 'soup.txt');
    const { results } = await person.client.retrieve(other, {
      query: 'automobile',
      strategy: 'vector',
      top_k: 1,
    });
    expect(results.map(({ document_name: name }) => name)).toEqual(['car.txt']);
  });
});

describe('rrf_fusion', () => {
  test('is the default, runs both legs and shows the place of each result in them', async () => {
    const found = await retrieve({ query: 'the glacier of Marsk' });
    expect(found).toMatchObject({
      strategy: 'rrf_fusion',
      legs: ['keyword', 'vector'],
      cache_hit: false,
      conversation_id: conversation,
    });
    expect(found.results[0]).toMatchObject({ heading: ['glacier'], keyword: { rank: 1 }, n: 1 });
    for (const result of found.results) {
      expect(result.vector ?? result.keyword).not.toBeNull();
      expect(result.fused).toBe(result.score);
    }
    const fused = found.results.map(({ fused }) => fused);
    expect(fused).toEqual(fused.toSorted((a, b) => b - a));
    for (const stage of ['embed', 'vector', 'keyword', 'fuse'] as const)
      expect(found.timings_ms[stage]).toBeGreaterThanOrEqual(0);
  });

  test('ranks by the weighted sum of reciprocal ranks', async () => {
    const { results } = await retrieve({ query: 'the orchard of Marsk', top_k: 50 });
    const share = (ranked: { rank: number } | null) => (ranked === null ? 0 : 1 / (60 + ranked.rank));
    // Two unknown weights: solved from two results, they must explain all others.
    const rows = results.map(({ vector, keyword, fused }) => [share(vector), share(keyword), fused] as const);
    const [a, b] = [
      rows[0] ?? [0, 0, 0],
      rows.find(([v, k]) => Math.abs(v * (rows[0]?.[1] ?? 0) - k * (rows[0]?.[0] ?? 0)) > 1e-9) ?? [0, 0, 0],
    ];
    const determinant = a[0] * b[1] - b[0] * a[1];
    const weights = [(a[2] * b[1] - b[2] * a[1]) / determinant, (a[0] * b[2] - b[0] * a[2]) / determinant];
    expect(weights.every((weight) => weight > 0)).toBe(true);
    for (const [v, k, fused] of rows)
      expect(v * (weights[0] ?? 0) + k * (weights[1] ?? 0)).toBeCloseTo(fused, 9);
  });
});

describe('what is found', () => {
  test.each([1, 2, 5])('is at most top_k: %i', async (topK) => {
    for (const strategy of ['keyword', 'vector', 'rrf_fusion'] as const) {
      expect(
        (await retrieve({ query: 'what was described of Marsk', strategy, top_k: topK })).results,
      ).toHaveLength(topK);
    }
  });

  test.each([0, 51, 1.5, 'x'])('is refused for a top_k of %s', async (topK) => {
    const { status } = await person.json('POST', `/conversations/${conversation}/retrieve`, {
      query: 'x',
      top_k: topK,
    });
    expect(status).toBe(400);
  });

  test('is the passage itself, with its place', async () => {
    const { results } = await retrieve({ query: 'lighthouse' });
    for (const result of results) {
      const chunk = chunks.find(({ id }) => id === result.chunk_id);
      expect(result).toMatchObject({
        excerpt: chunk?.content,
        document_id: chunk?.document_id,
        document_name: 'marsk.md',
        char_start: chunk?.char_start,
        char_end: chunk?.char_end,
        heading: chunk?.heading,
        page: chunk?.page,
      });
    }
  });

  test('is the same for the same question', async () => {
    const strip = ({ cache_hit: _hit, timings_ms: _ms, ...rest }: Retrieved) => rest;
    expect(strip(await retrieve({ query: 'violin lighthouse' }))).toEqual(
      strip(await retrieve({ query: 'violin lighthouse' })),
    );
  });
});

describe('without an embedding model', () => {
  let somebody: Person;
  let theirs: string;
  beforeAll(async () => {
    somebody = await newPerson((await plain()).baseUrl);
    theirs = await newConversation(somebody);
    await addText(somebody, theirs, 'The violin of Marsk is old.');
  });

  test('vector is refused with the settings that turn it on', async () => {
    const refused = await somebody.json('POST', `/conversations/${theirs}/retrieve`, {
      query: 'violin',
      strategy: 'vector',
    });
    expect(refused).toMatchObject({ status: 400, body: { code: 'embeddings_unavailable' } });
    expect(String(refused.body['error'])).toMatch(/EMBEDDING_BASE_URL.*EMBEDDING_MODEL/);
    const asked = await askInVain(somebody, theirs, 'violin?', { strategy: 'vector' });
    expect(asked).toMatchObject({ status: 400, body: { code: 'embeddings_unavailable' } });
    expect((await somebody.client.conversations.get(theirs)).message_count).toBe(0);
  });

  test('rrf_fusion runs on the keyword leg and says so', async () => {
    const found = await somebody.client.retrieve(theirs, { query: 'violin' });
    expect(found).toMatchObject({ strategy: 'rrf_fusion', legs: ['keyword'] });
    expect(found.results).toHaveLength(1);
    expect(found.notices.join('\n')).toContain('Semantic search is off: keyword search works.');
    expect(found.timings_ms.embed).toBeNull();
  });
});
