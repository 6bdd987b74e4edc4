import { streamFetch } from './bounded-fetch.ts';
import { chatModel } from './chat.ts';
import { contextWindowOf } from './context-window.ts';
import { limitsOf } from './limits.ts';
import { type ModelProvider, nothingConfigured } from './model.ts';
import { chatModelsFor } from './provider-models.ts';
import { sdkSource } from './sdk-source.ts';

/** Chat only: Anthropic offers no embeddings. */
export const anthropic: ModelProvider = {
  name: 'anthropic',
  async connect(config) {
    if (!config.anthropicApiKey) return nothingConfigured;
    const { createAnthropic } = await import('@ai-sdk/anthropic');
    const limits = limitsOf(config);
    const sdk = createAnthropic({
      apiKey: config.anthropicApiKey,
      baseURL: config.anthropicBaseUrl,
      fetch: streamFetch(4 * limits.maxAnswerBytes),
    });
    const label = {
      name: 'Anthropic',
      addressSetting: 'ANTHROPIC_BASE_URL',
      keySetting: 'ANTHROPIC_API_KEY',
      modelSetting: 'LLM_MODEL',
      secret: config.anthropicApiKey,
    };
    const chat = chatModelsFor(config, /^claude/, 'claude-sonnet-4-6').map((id) =>
      chatModel({
        id,
        label,
        source: sdkSource(sdk(id), { anthropic: { cacheControl: { type: 'ephemeral' } } }),
        contextWindow: contextWindowOf(id, config.llmContextWindow),
        limits,
      }),
    );
    return { chat, embedding: null, notices: [] };
  },
};
