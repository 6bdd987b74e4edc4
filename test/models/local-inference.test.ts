import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { newPerson, startTestApp } from '../support/app.ts';
import { dot } from './embedding-contract.ts';
import { connectLocal, findRealRuntime, linkRuntime, modelsFolder, startHub } from './local-support.ts';
import { writeTinyEmbedder, writeTinyReranker } from './local-tiny-model.ts';

const runtime = findRealRuntime();
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

describe.skipIf(runtime === null)(
  'with the real runtime (skipped where @huggingface/transformers is not installed)',
  async () => {
    const folder = await modelsFolder();
    if (runtime !== null) await linkRuntime(folder, runtime);
    await writeTinyEmbedder(join(folder, 'tiny'));
    await writeTinyReranker(join(folder, 'cross'));

    test('a folder gives unit vectors that rank by meaning, without a network', async () => {
      const { embedding, reports } = await connectLocal({
        embeddingModel: 'local:tiny',
        localModelsDir: folder,
      });
      const [car, cake, long] = await embedding!.embed(
        ['A car needs tyres', 'A cake of apples', 'an automobile '.repeat(200)],
        'document',
        signal(),
      );
      const [asked] = await embedding!.embed(['automobile tyre'], 'query', signal());
      expect(dot(car!, car!)).toBeCloseTo(1, 5);
      expect(dot(asked!, car!)).toBeGreaterThan(dot(asked!, cake!) + 0.2);
      expect(dot(car!, long!)).toBeGreaterThan(dot(cake!, long!));
      expect(embedding!.dimensions).toBe(16);
      expect(reports).toEqual(['The local model local:tiny is loaded.']);
    });

    test('padding changes nothing', async () => {
      const { embedding } = await connectLocal({ embeddingModel: 'local:tiny', localModelsDir: folder });
      const [alone] = await embedding!.embed(['an old lighthouse'], 'document', signal());
      const [beside] = await embedding!.embed(
        ['an old lighthouse', 'a cake '.repeat(12)],
        'document',
        signal(),
      );
      expect(dot(alone!, beside!)).toBeCloseTo(1, 5);
    });

    test('the state of the first token is taken where the model says so, and vectors can be cut', async () => {
      await writeTinyEmbedder(join(folder, 'tiny-cls'));
      await mkdir(join(folder, 'tiny-cls/1_Pooling'));
      await writeFile(
        join(folder, 'tiny-cls/1_Pooling/config.json'),
        JSON.stringify({ pooling_mode_cls_token: true }),
      );
      const { embedding } = await connectLocal({
        embeddingModel: `local:${folder}/tiny-cls`,
        localModelsDir: folder,
      });
      const [car, cake] = await embedding!.embed(['car', 'cake'], 'document', signal());
      // The first token is the same for all texts.
      expect(dot(car!, cake!)).toBeCloseTo(1, 5);
      const { embedding: short } = await connectLocal({
        embeddingModel: 'local:tiny',
        localModelsDir: folder,
        embeddingDimensions: 4,
      });
      expect(short).toMatchObject({ id: 'local:tiny@4', dimensions: 4 });
      expect((await short!.embed(['car tyre'], 'query', signal()))[0]).toHaveLength(4);
    });

    test('a cross-encoder scores from 0 to 1 by question and text together', async () => {
      const { rerank } = await connectLocal({ rerankModel: 'local:cross', localModelsDir: folder });
      const scores = await rerank!.score('apples in a cake', ['A car', 'an apple', 'apple cake'], signal());
      expect(scores.map((score) => Math.round(score * 100) / 100)).toEqual([0.27, 0.5, 0.73]);
      expect(rerank!.id).toBe('cross');
    });

    test('an embedding model is no cross-encoder, and a file that is no model is told', async () => {
      const { rerank } = await connectLocal({ rerankModel: 'local:tiny', localModelsDir: folder });
      await expect(rerank!.score('a', ['b'], signal())).rejects.toMatchObject({
        message: expect.stringContaining('that it is a cross-encoder'),
      });
      await writeTinyEmbedder(join(folder, 'cut'));
      await writeFile(join(folder, 'cut/onnx/model.onnx'), 'not a model');
      const { embedding } = await connectLocal({ embeddingModel: 'local:cut', localModelsDir: folder });
      await expect(embedding!.embed(['a'], 'query', signal())).rejects.toMatchObject({
        message: expect.stringContaining('check that its files are whole'),
      });
    });

    test('a model of the hub is downloaded once, with its progress told, and then loaded from the folder', async () => {
      const upstream = await modelsFolder();
      await writeTinyEmbedder(join(upstream, 'owner/tiny'));
      const hub = await startHub(upstream);
      const config = { embeddingModel: 'local:owner/tiny', localModelsDir: folder, modelHub: hub.url };
      const first = await connectLocal(config);
      expect(await first.embedding!.embed(['car'], 'document', signal())).toHaveLength(1);
      expect(first.reports).toContain('Downloading the local model local:owner/tiny: 100 %.');
      expect(first.reports.at(-1)).toBe('The local model local:owner/tiny is loaded.');
      expect(existsSync(join(folder, 'owner/tiny/onnx/model.onnx'))).toBe(true);
      hub.paths.length = 0;
      const again = await connectLocal(config);
      expect(await again.embedding!.embed(['car'], 'document', signal())).toHaveLength(1);
      expect(hub.paths).toEqual([]);
    });

    test.each([
      ['that is not on the hub', 'owner/none', /The hub has no model owner\/none with ONNX files/],
      ['of a hub that is away', 'owner/away', /because the hub cannot be reached/],
    ])('a model %s is told', async (_what, name, sentence) => {
      const modelHub = name.endsWith('away')
        ? 'http://127.0.0.1:9'
        : (await startHub(await modelsFolder())).url;
      const { embedding } = await connectLocal({
        embeddingModel: `local:${name}`,
        localModelsDir: folder,
        modelHub,
      });
      await expect(embedding!.embed(['a'], 'document', signal())).rejects.toMatchObject({
        code: 'model_unavailable',
        message: expect.stringMatching(sentence),
      });
    });

    test('a thread that is stopped in the middle of its work takes nothing along', async () => {
      const { embedding, stop } = await connectLocal({
        embeddingModel: 'local:tiny',
        localModelsDir: folder,
      });
      await embedding!.embed(['a'], 'query', signal());
      const work = embedding!.embed(
        Array.from({ length: 2_000 }, (_, at) => `car ${at}`),
        'document',
        signal(),
      );
      stop();
      await expect(work).rejects.toMatchObject({
        message: 'The local model local:tiny is stopped with its server.',
      });
    });

    test('serves a whole server: documents are embedded, searched by meaning and reranked', async () => {
      const app = await startTestApp({
        env: { EMBEDDING_MODEL: 'local:tiny', RERANK_MODEL: 'local:cross', LOCAL_MODELS_DIR: folder },
      });
      afterAll(() => app.close());
      const person = await newPerson(app.baseUrl);
      const id = await newConversation(person);
      await addText(person, id, 'The cake is made of apples.', 'cake.txt');
      await addText(person, id, 'Every automobile needs tyres.', 'car.txt');
      const { body } = await askJson(person, id, 'car', { strategy: 'vector', top_k: 2 });
      expect(body.metadata.legs).toEqual(['vector']);
      expect(body.sources[0]?.document_name).toBe('car.txt');
    });
  },
);
