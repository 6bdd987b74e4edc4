import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectLocal, installStandIn, modelsFolder } from './local-support.ts';
import { writeTinyEmbedder, writeTinyReranker } from './local-tiny-model.ts';

/** Does to texts what their words say, as no real model would. */
const standIn = `
export const env = {};
export const LogLevel = { ERROR: 40 };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const AutoTokenizer = {
  async from_pretrained() {
    return Object.assign((texts) => ({ texts, attention_mask: { dims: [texts.length, 1], data: texts.map(() => 1n) } }), { model_max_length: 512 });
  },
};
export const AutoModel = {
  async from_pretrained(path) {
    if (path.includes('broken')) throw new Error('Protobuf parsing failed');
    if (path.includes('away/')) throw new TypeError('fetch failed');
    const run = async ({ texts }) => {
      await sleep(10);
      if (texts.some((text) => text.includes('fail'))) throw new Error('an operator failed');
      if (texts.some((text) => text.includes('crash'))) process.exit(7);
      const data = Float32Array.from(texts.flatMap((text) => [text.length, 1]));
      return { last_hidden_state: { dims: [texts.length, 1, 2], data } };
    };
    return Object.assign(run, { config: {} });
  },
};
export const AutoModelForSequenceClassification = AutoModel;
`;

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

describe('a local model that cannot be had is told in one sentence', () => {
  test('when the package is not installed: which command installs it', async () => {
    const folder = await modelsFolder();
    await writeTinyEmbedder(join(folder, 'tiny'));
    const { embedding, notices } = await connectLocal({
      embeddingModel: 'local:tiny',
      localModelsDir: folder,
    });
    expect(embedding).toBeNull();
    expect(notices).toEqual([
      `A local model needs the package @huggingface/transformers, which is not installed: run "npm install @huggingface/transformers" in Alcove's folder or in ${folder} (with ONNXRUNTIME_NODE_INSTALL=skip where its download of GPU libraries is blocked).`,
    ]);
  });

  test('when there is no folder', async () => {
    const folder = await modelsFolder();
    const { notices } = await connectLocal({ embeddingModel: 'local:tiny', localModelsDir: folder });
    expect(notices).toEqual([
      `There is no folder ${folder}/tiny for "local:tiny": put the model there, or name one of the hub as local:owner/name.`,
    ]);
  });

  test('when the folder lacks files: which', async () => {
    const folder = await modelsFolder();
    await writeTinyEmbedder(join(folder, 'tiny'));
    await rm(join(folder, 'tiny/onnx'), { recursive: true });
    await rm(join(folder, 'tiny/tokenizer.json'));
    const { notices } = await connectLocal({ rerankModel: `local:${folder}/tiny` });
    expect(notices).toEqual([
      `The folder ${folder}/tiny is not a model that can be run here: it lacks tokenizer.json and onnx/model.onnx.`,
    ]);
  });

  test('when it has no weights of the configured precision: which it has', async () => {
    const folder = await modelsFolder();
    await writeTinyEmbedder(join(folder, 'tiny'), 'model_quantized.onnx');
    const { notices } = await connectLocal({
      embeddingModel: 'local:tiny',
      localModelsDir: folder,
      localModelsDtype: 'fp16',
    });
    expect(notices).toEqual([
      `The folder ${folder}/tiny has no weights of LOCAL_MODELS_DTYPE=fp16; it has q8.`,
    ]);
  });

  test('and no other provider takes its place', async () => {
    const folder = await modelsFolder();
    const models = await connectLocal({
      embeddingModel: 'local:tiny',
      localModelsDir: folder,
      openaiApiKey: 'k',
      embeddingBaseUrl: 'http://127.0.0.1:1',
    });
    expect(models.embedding).toBeNull();
    expect(models.chat?.provider).toBe('OpenAI');
    expect(models.notices).toHaveLength(1);
  });

  test.each([
    [
      'the package does not load',
      'tiny',
      'throw new Error("libonnxruntime.so.1: cannot open shared object file")',
      /npm rebuild onnxruntime-node/,
    ],
    [
      'its file is broken',
      'broken',
      standIn,
      /local:broken cannot be loaded: check that its files are whole and that it is an embedding model/,
    ],
    [
      'the hub is away',
      'away/model',
      standIn,
      /local:away\/model cannot be downloaded, because the hub cannot be reached: put the model's files into .*\/away\/model instead/,
    ],
  ])('when %s', async (_name, name, code, sentence) => {
    const folder = await modelsFolder();
    if (!name.includes('/')) await writeTinyEmbedder(join(folder, name));
    await installStandIn(folder, code);
    const { embedding, reports } = await connectLocal({
      embeddingModel: `local:${name}`,
      localModelsDir: folder,
    });
    const error: unknown = await embedding!
      .embed(['a'], 'document', signal())
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'model_unavailable', message: expect.stringMatching(sentence) });
    expect(reports).toEqual([(error as Error).message]);
  });
});

describe('the thread of a local model', async () => {
  const folder = await modelsFolder();
  await writeTinyEmbedder(join(folder, 'tiny'));
  await writeTinyReranker(join(folder, 'cross'));
  await installStandIn(folder, standIn);
  const connect = async () =>
    (await connectLocal({ embeddingModel: 'local:tiny', localModelsDir: folder })).embedding!;
  const many = Array.from({ length: 160 }, (_, at) => 'x'.repeat(1 + ((at * 37) % 160)));

  test('gives unit vectors in the order of the texts', async () => {
    const model = await connect();
    const vectors = await model.embed(many, 'document', signal());
    expect(vectors.map(([length = 0, one = 1]) => Math.round(length / one))).toEqual(
      many.map((text) => text.length),
    );
    expect(vectors.every((vector) => Math.abs(Math.hypot(...vector) - 1) < 1e-6)).toBe(true);
    expect(model).toMatchObject({ id: 'local:tiny', provider: 'Local model', dimensions: 2 });
    expect(await model.embed([], 'document', signal())).toEqual([]);
  });

  test('lets a question go before the documents that wait', async () => {
    const model = await connect();
    const order: string[] = [];
    const documents = model.embed(many, 'document', signal()).then(() => order.push('documents'));
    await model.embed(['a question'], 'query', signal()).then(() => order.push('question'));
    await documents;
    expect(order).toEqual(['question', 'documents']);
  });

  test('ends with a failure for that text alone', async () => {
    const model = await connect();
    await expect(model.embed(['fail'], 'document', signal())).rejects.toMatchObject({
      code: 'model_unavailable',
      message: expect.stringContaining('failed on a text'),
    });
    expect(await model.embed(['a'], 'document', signal())).toHaveLength(1);
  });

  test('that ends by itself is told to all who wait', async () => {
    const model = await connect();
    const settled = await Promise.allSettled([
      model.embed(['crash'], 'document', signal()),
      model.embed(['a'], 'document', signal()),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(settled[0]).toMatchObject({
      reason: { code: 'model_unavailable', message: expect.stringContaining('ended unexpectedly') },
    });
  });

  test('is let go of by an abort, with its reason', async () => {
    const model = await connect();
    const stopper = new AbortController();
    const work = model.embed(many, 'document', stopper.signal);
    stopper.abort(new Error('stopped'));
    await expect(work).rejects.toThrow('stopped');
    expect(await model.embed(['a'], 'query', signal())).toHaveLength(1);
  });

  test('of a reranker that is slow gives up in time', async () => {
    const { rerank } = await connectLocal({
      rerankModel: 'local:cross',
      localModelsDir: folder,
      limits: { rerankMs: 1 },
    });
    await expect(rerank!.score('q', ['a'], signal())).rejects.toMatchObject({
      message: expect.stringMatching(/still being loaded|not done in time/),
    });
  });

  test('of another model serves its old vectors; other providers are not asked', async () => {
    const model = await connect();
    const other = model.withModel?.('local:cross');
    expect(other).toMatchObject({ id: 'local:cross', dimensions: null });
    expect(await other!.embed(['a'], 'query', signal())).toHaveLength(1);
    expect(model.withModel?.('text-embedding-3-small')).toBeNull();
    expect(model.withModel?.('local:cross')).toBe(other);
  });
});
