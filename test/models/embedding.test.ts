import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { batchTexts, mapParallel } from '../../src/models/embedding-batches.ts';
import { withPrefix } from '../../src/models/embedding-prefix.ts';
import { toUnitVectors } from '../../src/models/embedding-vectors.ts';
import { openaiCompatible } from '../../src/models/openai-compatible.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { embeddingRequests } from './embedding-contract.ts';
import { testLimits } from './provider-contract.ts';

describe('batches', () => {
  const count = (text: string) => text.length;
  test('stay under both limits and keep the order', () => {
    expect(batchTexts(['aa', 'bb', 'c', 'd', 'eeeeeeee', 'f'], count, { maxTexts: 3, maxTokens: 5 })).toEqual(
      [['aa', 'bb', 'c'], ['d'], ['eeeeeeee'], ['f']],
    );
  });
  test('run at most as many at once as allowed, and their results keep the order', async () => {
    let running = 0;
    let most = 0;
    const results = await mapParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return item * 10;
    });
    expect(results).toEqual([10, 20, 30, 40, 50, 60]);
    expect(most).toBe(2);
  });
  test('stop after the first failure', async () => {
    const started: number[] = [];
    const work = mapParallel([1, 2, 3, 4], 1, async (item) => {
      started.push(item);
      if (item === 2) throw new Error('second');
    });
    await expect(work).rejects.toThrow('second');
    expect(started).toEqual([1, 2]);
  });
});

describe('vectors of a response', () => {
  test('come in the order of the texts when the server numbers them', () => {
    const body = { data: [{ index: 1 }, { index: 0 }] };
    const vectors = toUnitVectors(
      {
        embeddings: [
          [0, 2],
          [3, 0],
        ],
        body,
      },
      2,
      null,
    );
    expect(vectors.map((vector) => [...vector])).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });
  test.each([
    ['too few', [[1]], 2, null],
    ['of another length', [[1, 0, 0]], 1, 2],
    ['of unequal length', [[1, 0], [1]], 2, null],
    ['empty', [[]], 1, null],
    ['of zeros', [[0, 0]], 1, null],
    ['not numbers', [[Number.NaN, 1]], 1, null],
  ])('that are %s are refused', (_name, embeddings, count, dimensions) => {
    expect(() => toUnitVectors({ embeddings, body: undefined }, count, dimensions)).toThrow();
  });
});

test('a vector of zeros beside others is kept for a passage, and alone it is refused', () => {
  const embeddings = [
    [0, 0],
    [3, 0],
  ];
  const vectors = toUnitVectors({ embeddings, body: undefined }, 2, null, true);
  expect(vectors.map((vector) => [...vector])).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(() => toUnitVectors({ embeddings, body: undefined }, 2, null)).toThrow();
  expect(() => toUnitVectors({ embeddings: [[0, 0]], body: undefined }, 1, null, true)).toThrow();
});

test.each([
  ['intfloat/multilingual-e5-small', 'query: x', 'passage: x'],
  ['BAAI/bge-small-en-v1.5', 'Represent this sentence for searching relevant passages: x', 'x'],
  ['bge-m3:latest', 'x', 'x'],
  ['nomic-embed-text:latest', 'search_query: x', 'search_document: x'],
  ['text-embedding-3-small', 'x', 'x'],
])('%s sees a question as "%s" and a passage as "%s"', (model, query, document) => {
  expect(withPrefix(model, 'query', 'x')).toBe(query);
  expect(withPrefix(model, 'document', 'x')).toBe(document);
});

describe('an embedding model', () => {
  let server: Provider;
  beforeAll(async () => {
    server = await startProvider({ dimensions: 64 });
  });
  afterAll(() => server.close());
  beforeEach(() => server.reset());

  async function connect(dimensions?: number) {
    const config = {
      embeddingBaseUrl: server.baseUrl,
      embeddingModel: 'm',
      embeddingDimensions: dimensions,
      limits: testLimits,
    };
    return (await openaiCompatible.connect(config, AbortSignal.timeout(5_000))).embedding!;
  }

  test('asks for the configured dimensions', async () => {
    const model = await connect(32);
    expect(model.dimensions).toBe(32);
    expect((await model.embed(['a'], 'query', AbortSignal.timeout(5_000)))[0]).toHaveLength(32);
    expect(embeddingRequests(server)[0]?.body.dimensions).toBe(32);
  });

  test('learns its dimensions and refuses a later vector of another length', async () => {
    const model = await connect();
    expect(model.dimensions).toBeNull();
    await model.embed(['a'], 'document', AbortSignal.timeout(5_000));
    expect(model.dimensions).toBe(64);
    server.scriptEmbeddings(behave.status(200, { data: [{ index: 0, embedding: [1, 0, 0] }] }));
    await expect(model.embed(['a'], 'document', AbortSignal.timeout(5_000))).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('EMBEDDING_DIMENSIONS'),
    });
  });

  test('is not asked about a text that shows nothing', async () => {
    const model = await connect();
    await model.embed([' \n', '\u200b\u200d\ufeff', '\u2060', 'a'], 'document', AbortSignal.timeout(5_000));
    expect(embeddingRequests(server)[0]?.body.input).toEqual(['.', '.', '.', 'a']);
  });

  test('splits by tokens as well as by count', async () => {
    const model = await connect();
    const long = 'several words of a text '.repeat(1_000);
    expect(await model.embed([long, long, long, long], 'document', AbortSignal.timeout(10_000))).toHaveLength(
      4,
    );
    expect(embeddingRequests(server).map(({ body }) => (body.input as string[]).length)).toEqual([3, 1]);
  });
});
