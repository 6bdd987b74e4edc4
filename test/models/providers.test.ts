import { expect, test } from 'vitest';
import type { ModelConfig } from '../../src/models/model.ts';
import { modelProviders } from '../../src/models/registry.ts';
import type { Provider } from '../support/provider.ts';
import { describeEmbeddingProvider } from './embedding-contract.ts';
import { describeChatProvider, testKey } from './provider-contract.ts';

type Configure = (server: Provider) => ModelConfig;

/** How each provider of the registry is pointed at the stand-in; a new one needs one entry. */
const chat: Record<string, Configure> = {
  'openai-compatible': ({ baseUrl }) => ({ llmBaseUrl: baseUrl, llmApiKey: testKey, llmModel: 'test-chat' }),
  openai: ({ baseUrl }) => ({ openaiApiKey: testKey, openaiBaseUrl: baseUrl }),
  anthropic: ({ baseUrl }) => ({ anthropicApiKey: testKey, anthropicBaseUrl: baseUrl }),
  google: ({ origin }) => ({ googleApiKey: testKey, googleBaseUrl: `${origin}/v1beta` }),
  ollama: ({ origin }) => ({ ollamaHost: origin }),
};

/** Anthropic offers no embeddings. */
const embeddings: Record<string, Configure> = {
  ...chat,
  'openai-compatible': ({ baseUrl }) => ({
    embeddingBaseUrl: baseUrl,
    embeddingApiKey: testKey,
    embeddingModel: 'test-embedding',
  }),
};

/** They offer no chat; local.test.ts and rerank.test.ts are their contract. */
const withoutChat = ['local', 'rerank'];

test('every provider of the registry is under contract', () => {
  expect(modelProviders.map(({ name }) => name).toSorted()).toEqual(
    [...Object.keys(chat), ...withoutChat].toSorted(),
  );
});

for (const plugin of modelProviders) {
  const [talk, embed] = [chat[plugin.name], embeddings[plugin.name]];
  if (talk) describeChatProvider(plugin, talk);
  if (embed && plugin.name !== 'anthropic') describeEmbeddingProvider(plugin, embed);
}
