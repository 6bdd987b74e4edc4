import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ModelConfig, RerankModel } from '../../src/models/model.ts';
import { connectModels } from '../../src/models/registry.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { testKey, testLimits } from './provider-contract.ts';

const texts = ['A cake of apples.', 'The lighthouse was built in 1871.', 'The lighthouse is old.'];
const query = 'When was the lighthouse built?';

describe.each(['common', 'text-embeddings-inference'] as const)(
  'reranking by a server of the %s form',
  (rerank) => {
    let server: Provider;
    beforeEach(async () => {
      server = await startProvider({ rerank });
    });
    afterEach(() => server.close());

    test('scores each text in the order of the texts', async () => {
      const model = await connect(server);
      const scores = await model.score(query, texts, signal());
      expect(scores).toEqual([0, 0.8, 0.4]);
      expect(await model.score(query, texts.toReversed(), signal())).toEqual(scores.toReversed());
    });

    test('learns the form once', async () => {
      const model = await connect(server);
      await model.score(query, texts, signal());
      await model.score(query, texts, signal());
      expect(server.requests.map(({ path }) => path)).toEqual(
        Array.from({ length: rerank === 'common' ? 2 : 3 }, () => '/v1/rerank'),
      );
    });

    test('asks nothing for no texts', async () => {
      expect(await (await connect(server)).score(query, [], signal())).toEqual([]);
      expect(server.requests).toEqual([]);
    });
  },
);

describe('reranking', () => {
  let server: Provider;
  beforeEach(async () => {
    server = await startProvider({ apiKey: testKey });
  });
  afterEach(() => server.close());

  test('sends the key and the name of the model', async () => {
    const model = await connect(server, { rerankApiKey: testKey });
    await model.score(query, texts, signal());
    expect(server.requests[0]).toMatchObject({
      headers: { authorization: `Bearer ${testKey}` },
      body: { model: 'test-rerank' },
    });
    expect(model).toMatchObject({ id: 'test-rerank', provider: 'The reranking server' });
  });

  test('tries again after 429 and 500', async () => {
    server.scriptRerank(behave.rateLimited(0), behave.serverError());
    expect(
      await (await connect(server, { rerankApiKey: testKey })).score(query, texts, signal()),
    ).toHaveLength(3);
  });

  test.each([
    [
      'a refused key',
      null,
      'model_unavailable',
      'The reranking server refused the key: check RERANK_API_KEY.',
    ],
    [
      'an unknown model',
      behave.unknownModel(),
      'model_unavailable',
      /check RERANK_MODEL and RERANK_BASE_URL/,
    ],
    ['a page', behave.page(), 'model_unavailable', /sent a response that is not valid/],
    ['an error in a success', behave.errorBody(), 'model_unavailable', /check RERANK_MODEL/],
    [
      'a missing score',
      behave.status(200, { results: [{ index: 0, relevance_score: 1 }] }),
      'model_unavailable',
      /scores that cannot be used/,
    ],
    [
      'a score that is no number',
      behave.status(200, { results: texts.map((_, index) => ({ index, relevance_score: null })) }),
      'model_unavailable',
      /scores that cannot be used/,
    ],
    ['a redirect', behave.redirect('http://127.0.0.1:1/'), 'model_unavailable', /redirects/],
    ['a hang', behave.hang(), 'model_timeout', /did not return its scores within 300 milliseconds/],
  ] as const)('explains %s', async (_name, behaviour, code, sentence) => {
    if (behaviour !== null) server.scriptRerank(behaviour);
    const model = await connect(server, {
      rerankApiKey: behaviour === null ? 'sk-wrong' : testKey,
      limits: { ...testLimits, rerankMs: 300 },
    });
    const error: unknown = await model.score(query, texts, signal()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code,
      message: typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
    });
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toContain('lighthouse');
  });

  test('an abort ends the request and throws its own reason', async () => {
    server.scriptRerank(behave.hang());
    const stopper = new AbortController();
    const scoring = (await connect(server, { rerankApiKey: testKey })).score(query, texts, stopper.signal);
    await expect.poll(() => server.requests.length).toBe(1);
    stopper.abort(new Error('stopped'));
    await expect(scoring).rejects.toThrow('stopped');
    expect(await server.requests[0]!.ended).toBe('aborted');
  });

  test('is off without a setting, and a name without an address is told', async () => {
    expect((await models({})).rerank).toBeNull();
    const { rerank, notices } = await models({ rerankModel: 'bge-reranker' });
    expect(rerank).toBeNull();
    expect(notices).toEqual(['RERANK_MODEL is set, but not the address of its server: set RERANK_BASE_URL.']);
  });
});

async function connect(server: Provider, config: ModelConfig = {}): Promise<RerankModel> {
  const { rerank } = await models({ rerankBaseUrl: server.baseUrl, rerankModel: 'test-rerank', ...config });
  if (rerank === null) throw new Error('no reranker');
  return rerank;
}

function models(config: ModelConfig) {
  return connectModels({ ollama: 'off', limits: testLimits, ...config }, signal());
}

function signal(): AbortSignal {
  return AbortSignal.timeout(20_000);
}
