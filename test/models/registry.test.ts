import { afterEach, describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../src/models/model.ts';
import { chooseModels, ollamaOrigin } from '../../src/models/ollama.ts';
import { connectModels } from '../../src/models/registry.ts';
import { behave, type Provider, type ProviderOptions, startProvider } from '../support/provider.ts';
import { collect, fail, testLimits, textOf } from './provider-contract.ts';

const servers: Provider[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(options?: ProviderOptions): Promise<Provider> {
  const server = await startProvider(options);
  servers.push(server);
  return server;
}

function connect(config: ModelConfig) {
  return connectModels({ ollama: 'off', limits: testLimits, ...config }, AbortSignal.timeout(20_000));
}

describe('which models are connected', () => {
  test('none without a setting', async () => {
    expect(await connect({})).toEqual({
      chat: null,
      embedding: null,
      rerank: null,
      chatModels: [],
      notices: [],
    });
  });

  test('the models of an Ollama that runs here are found without a setting', async () => {
    const server = await start({ chatModel: 'llama3.2', embeddingModel: 'nomic-embed-text' });
    const models = await connect({ ollama: 'auto', ollamaHost: server.origin });
    expect(models.chat).toMatchObject({ id: 'llama3.2:latest', provider: 'Ollama', contextWindow: 4096 });
    expect(models.embedding).toMatchObject({ id: 'nomic-embed-text:latest', dimensions: null });
    expect(models.notices).toEqual([]);
  });

  test('an Ollama without an embedding model is told how it gets one, unless somebody else has one', async () => {
    const server = await start({ chatModel: 'llama3.2', embeddingModel: 'mistral' });
    const found = { ollama: 'auto', ollamaHost: server.origin } as const;
    expect((await connect(found)).notices).toEqual([
      'Ollama runs: "ollama pull nomic-embed-text" and a restart turn semantic search on as well.',
    ]);
    const elsewhere = await connect({
      ...found,
      embeddingBaseUrl: server.baseUrl,
      embeddingModel: 'mistral',
    });
    expect(elsewhere.embedding).not.toBeNull();
    expect(elsewhere.notices).toEqual([]);
  });

  test('an Ollama that has an embedding model beside one of this machine that fails is told by name', async () => {
    const server = await start({ chatModel: 'llama3.2', embeddingModel: 'nomic-embed-text' });
    const { notices } = await connect({
      ollama: 'auto',
      ollamaHost: server.origin,
      embeddingModel: 'local:nowhere',
      localModelsDir: '/nonexistent',
    });
    expect(notices.join(' ')).toContain('Ollama has nomic-embed-text:latest: set EMBEDDING_MODEL to it');
  });

  test('an Ollama that is named and away is told, not thrown', async () => {
    const server = await startProvider();
    await server.close();
    const models = await connect({ ollama: 'auto', ollamaHost: server.origin });
    expect(models).toMatchObject({ chat: null, notices: ['No Ollama answers at OLLAMA_HOST.'] });
  });

  test('a compatible server comes first, and one model name serves chat and embeddings of its kind', async () => {
    const server = await start();
    const models = await connect({
      llmBaseUrl: server.baseUrl,
      embeddingModel: 'test-embedding',
      openaiApiKey: 'k',
    });
    expect(models.chat).toMatchObject({ id: 'test-chat', provider: 'The model server' });
    expect(models.embedding).toMatchObject({ id: 'test-embedding', provider: 'The embedding server' });
    expect(models.chatModels.map(({ provider }) => provider)).toEqual(['The model server', 'OpenAI']);
  });

  test('several names in LLM_MODEL are all offered, the first by default', async () => {
    const server = await start();
    const models = await connect({ llmBaseUrl: server.baseUrl, llmModel: 'small, large' });
    expect(models.chat?.id).toBe('small');
    expect(models.chatModels.map(({ id }) => id)).toEqual(['small', 'large']);
  });

  test('LLM_MODEL chooses among providers by the look of its name', async () => {
    const keys = { openaiApiKey: 'a', anthropicApiKey: 'b', googleApiKey: 'c' };
    expect((await connect({ ...keys })).chat?.provider).toBe('OpenAI');
    expect((await connect({ ...keys, llmModel: 'claude-opus-4-5' })).chat).toMatchObject({
      id: 'claude-opus-4-5',
      provider: 'Anthropic',
    });
    expect((await connect({ ...keys, llmModel: 'gemini-2.5-pro' })).chat).toMatchObject({
      id: 'gemini-2.5-pro',
      contextWindow: 1_048_576,
    });
    const none = await connect({ ...keys, llmModel: 'unheard-of' });
    expect(none.chat).toBeNull();
    expect(none.notices).toEqual(['LLM_MODEL names unheard-of, which no configured provider offers.']);
  });

  test('a server that is away at start is told, and answers once it is there', async () => {
    const first = await startProvider();
    const { port } = new URL(first.origin);
    await first.close();
    const models = await connect({ llmBaseUrl: first.baseUrl, llmModel: 'test-chat' });
    expect(models.notices).toEqual(['The model server at LLM_BASE_URL did not list its models at start.']);
    const { error } = await fail(models.chat!);
    expect(error.message).toBe(
      'The model server cannot be reached: check that it runs and that LLM_BASE_URL is right.',
    );
    const second = await start({ port: Number(port) });
    second.script(behave.answer('Here now.'));
    expect(textOf(await collect(models.chat!))).toBe('Here now.');
  });

  test('the key of the language model never goes to another embedding server', async () => {
    const [llm, other] = [await start(), await start()];
    const config = { llmBaseUrl: llm.baseUrl, llmApiKey: 'sk-llm', embeddingModel: 'test-embedding' };
    const apart = await connect({ ...config, embeddingBaseUrl: other.baseUrl });
    await apart.embedding!.embed(['a'], 'query', AbortSignal.timeout(5_000));
    expect(JSON.stringify(other.requests.map(({ headers }) => headers))).not.toContain('sk-llm');
    const together = await connect(config);
    await together.embedding!.embed(['a'], 'query', AbortSignal.timeout(5_000));
    expect(llm.requests.at(-1)?.headers.authorization).toBe('Bearer sk-llm');
  });

  test('an abort ends the discovery', async () => {
    await expect(connectModels({}, AbortSignal.abort(new Error('stopping')))).rejects.toThrow('stopping');
  });
});

describe('the choice among the models of Ollama', () => {
  const installed = [
    { name: 'old:7b', family: 'llama', modifiedAt: '2025-01-01', isRemote: false },
    { name: 'new:3b', family: 'qwen3', modifiedAt: '2026-01-01', isRemote: false },
    { name: 'giant-cloud', family: 'gptoss', modifiedAt: '2026-02-01', isRemote: true },
    { name: 'all-minilm:latest', family: 'bert', modifiedAt: '2025-06-01', isRemote: false },
  ];
  test('takes the newest, and no model that runs elsewhere', () => {
    expect(chooseModels(installed, {})).toEqual({
      chatNames: ['new:3b', 'old:7b'],
      embeddingName: 'all-minilm:latest',
    });
  });
  test('takes what is named', () => {
    const wanted = { llmModel: 'old:7b,giant-cloud', embeddingModel: 'all-minilm' };
    expect(chooseModels(installed, wanted)).toEqual({
      chatNames: ['old:7b', 'giant-cloud'],
      embeddingName: 'all-minilm:latest',
    });
  });
});

test.each([
  [undefined, 'http://127.0.0.1:11434'],
  ['0.0.0.0', 'http://127.0.0.1:11434'],
  ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
  ['gpu.local', 'http://gpu.local:11434'],
  ['http://gpu.local:9999/', 'http://gpu.local:9999'],
  ['https://gpu.example', 'https://gpu.example:443'],
])('OLLAMA_HOST=%s means %s', (host, origin) => {
  expect(ollamaOrigin(host)).toBe(origin);
});
