import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EmbeddingModel, ModelConfig, ModelProvider } from '../../src/models/model.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { testKey, testLimits } from './provider-contract.ts';

/** What every provider of embeddings promises. */
export function describeEmbeddingProvider(
  plugin: ModelProvider,
  configure: (server: Provider) => ModelConfig,
): void {
  describe(`embeddings through ${plugin.name}`, () => {
    let server: Provider;
    beforeAll(async () => {
      server = await startProvider({ dimensions: 128 });
    });
    afterAll(() => server.close());
    beforeEach(() => server.reset());

    test('gives unit vectors that rank by meaning', async () => {
      const model = await connect();
      const [car, cake] = await model.embed(
        ['The car needs new tyres', 'A cake of apples'],
        'document',
        signal(),
      );
      const [asked] = await model.embed(['automobile tyres'], 'query', signal());
      expect(dot(car!, car!)).toBeCloseTo(1, 5);
      expect(dot(asked!, car!)).toBeGreaterThan(dot(asked!, cake!) + 0.2);
      expect(model.dimensions).toBe(car!.length);
    });

    test('sends many texts in batches and keeps their order', async () => {
      const model = await connect();
      const texts = Array.from({ length: 600 }, (_, index) => `word${index} only${index}`);
      const vectors = await model.embed(texts, 'document', signal());
      expect(embeddingRequests(server).length).toBeGreaterThan(2);
      const again = await Promise.all(
        [0, 299, 599].map(async (index) => (await model.embed([texts[index]!], 'document', signal()))[0]),
      );
      expect([vectors[0], vectors[299], vectors[599]]).toEqual(again);
    });

    test('makes no request for no texts, and one vector for an empty text', async () => {
      const model = await connect();
      expect(await model.embed([], 'document', signal())).toEqual([]);
      expect(embeddingRequests(server)).toHaveLength(0);
      expect(await model.embed([''], 'document', signal())).toHaveLength(1);
    });

    test('tries again after 429 and 500', async () => {
      server.scriptEmbeddings(behave.rateLimited(0), behave.serverError());
      expect(await (await connect()).embed(['a text'], 'query', signal())).toHaveLength(1);
    });

    test.each([
      ['a refused key', behave.unauthorized(), 'model_unavailable', /refused the key/],
      ['an answer without vectors', behave.errorBody(), 'model_unavailable', /not valid/],
      ['a hang', behave.hang(), 'model_timeout', /did not return embeddings/],
    ] as const)('explains %s', async (_name, behaviour, code, sentence) => {
      server.scriptEmbeddings(behaviour);
      const error = await (
        await connect(behaviour.kind === 'hang' ? 200 : undefined)
      )
        .embed(['a text'], 'query', signal())
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
      expect(String(error)).not.toContain(testKey);
    });

    test('an abort ends the requests and throws its own reason', async () => {
      server.scriptEmbeddings(behave.hang());
      const stopper = new AbortController();
      const model = await connect();
      const embedding = model.embed(['a text'], 'query', stopper.signal);
      await expect.poll(() => embeddingRequests(server).length).toBe(1);
      stopper.abort(new Error('stopped'));
      await expect(embedding).rejects.toThrow('stopped');
      expect(await embeddingRequests(server)[0]!.ended).toBe('aborted');
    });

    async function connect(embedMs = 10_000): Promise<EmbeddingModel> {
      const config = { ...configure(server), limits: { ...testLimits, embedMs } };
      const { embedding } = await plugin.connect(config, signal());
      if (!embedding) throw new Error(`${plugin.name} offers no embeddings`);
      return embedding;
    }
  });
}

export function embeddingRequests(server: Provider) {
  return server.requests.filter(({ path }) => /embed/i.test(path));
}

export function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * b[index]!, 0);
}

function signal(): AbortSignal {
  return AbortSignal.timeout(20_000);
}
