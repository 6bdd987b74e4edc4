import { jsonFetch, streamFetch } from './bounded-fetch.ts';
import { chatModel } from './chat.ts';
import { contextWindowOf } from './context-window.ts';
import { embeddingModel } from './embedding.ts';
import { limitsOf } from './limits.ts';
import { type ModelProvider, nothingConfigured } from './model.ts';
import { chatModelsFor, embeddingModelFor } from './provider-models.ts';
import { sdkSource } from './sdk-source.ts';

export const openai: ModelProvider = {
  name: 'openai',
  async connect(config) {
    if (!config.openaiApiKey) return nothingConfigured;
    const { createOpenAI } = await import('@ai-sdk/openai');
    const limits = limitsOf(config);
    const settings = { apiKey: config.openaiApiKey, baseURL: config.openaiBaseUrl };
    const sdk = createOpenAI({ ...settings, fetch: streamFetch(4 * limits.maxAnswerBytes) });
    // Chat completions, because the newer responses API keeps every answer at the provider by default.
    const chat = chatModelsFor(config, /^(ft:)?(gpt|chatgpt|o\d)/, 'gpt-5.4-mini').map((id) =>
      chatModel({
        id,
        label: labelFor('LLM_MODEL'),
        source: sdkSource(sdk.chat(id)),
        contextWindow: contextWindowOf(id, config.llmContextWindow),
        limits,
      }),
    );
    const name = embeddingModelFor(config, ownEmbeddings, 'text-embedding-3-small');
    const embedding =
      name &&
      embeddingModel({
        name,
        label: labelFor('EMBEDDING_MODEL'),
        embedder: (model) => createOpenAI({ ...settings, fetch: jsonFetch() }).embedding(model),
        owns: (model) => ownEmbeddings.test(model),
        dimensions: config.embeddingDimensions,
        // The API takes 2,048 texts and 300,000 tokens; smaller batches lose less work to a failure.
        batch: { maxTexts: 256, maxTokens: 100_000 },
        parallel: 3,
        limits,
      });
    return { chat, embedding: embedding || null, notices: [] };

    function labelFor(modelSetting: string) {
      const secret = config.openaiApiKey;
      return {
        name: 'OpenAI',
        addressSetting: 'OPENAI_BASE_URL',
        keySetting: 'OPENAI_API_KEY',
        modelSetting,
        secret,
      };
    }
  },
};

const ownEmbeddings = /^text-embedding-(3|ada)/;
