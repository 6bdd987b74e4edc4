import { jsonFetch, streamFetch } from './bounded-fetch.ts';
import { chatModel } from './chat.ts';
import { contextWindowOf } from './context-window.ts';
import { embeddingModel } from './embedding.ts';
import { limitsOf } from './limits.ts';
import { type EmbeddingKind, type ModelProvider, nothingConfigured } from './model.ts';
import { chatModelsFor, embeddingModelFor } from './provider-models.ts';
import { sdkSource } from './sdk-source.ts';

export const google: ModelProvider = {
  name: 'google',
  async connect(config) {
    if (!config.googleApiKey) return nothingConfigured;
    const { createGoogle } = await import('@ai-sdk/google');
    const limits = limitsOf(config);
    const settings = { apiKey: config.googleApiKey, baseURL: config.googleBaseUrl };
    const sdk = createGoogle({ ...settings, fetch: streamFetch(4 * limits.maxAnswerBytes) });
    const chat = chatModelsFor(config, /^gem(ini|ma)/, 'gemini-flash-latest').map((id) =>
      chatModel({
        id,
        label: labelFor('LLM_MODEL'),
        source: sdkSource(sdk(id)),
        contextWindow: contextWindowOf(id, config.llmContextWindow),
        limits,
      }),
    );
    const name = embeddingModelFor(config, ownEmbeddings, 'gemini-embedding-001');
    const embedding =
      name &&
      embeddingModel({
        name,
        label: labelFor('EMBEDDING_MODEL'),
        embedder: (model) => createGoogle({ ...settings, fetch: jsonFetch() }).embedding(model),
        dimensions: config.embeddingDimensions,
        // The default of 3,072 numbers takes four times the room for a small gain.
        usualDimensions: 768,
        owns: (model) => ownEmbeddings.test(model),
        batch: { maxTexts: 100, maxTokens: 20_000 },
        parallel: 2,
        optionsFor: (kind) => ({ google: { taskType: taskTypes[kind] } }),
        limits,
      });
    return { chat, embedding: embedding || null, notices: [] };

    function labelFor(modelSetting: string) {
      return {
        name: 'Google',
        addressSetting: 'GOOGLE_GENERATIVE_AI_BASE_URL',
        keySetting: 'GOOGLE_GENERATIVE_AI_API_KEY',
        modelSetting,
        secret: config.googleApiKey,
      };
    }
  },
};

const ownEmbeddings = /^gemini-embedding/;

const taskTypes: Record<EmbeddingKind, string> = { query: 'RETRIEVAL_QUERY', document: 'RETRIEVAL_DOCUMENT' };
