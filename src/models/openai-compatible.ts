import { jsonFetch } from './bounded-fetch.ts';
import { chatModel } from './chat.ts';
import { compatibleSource } from './compatible-source.ts';
import { contextWindowOf } from './context-window.ts';
import { embeddingModel } from './embedding.ts';
import { isEmbeddingName, listModels, type ListedModel } from './list-models.ts';
import { limitsOf, type ModelLimits } from './limits.ts';
import type { ChatModel, EmbeddingModel, ModelConfig, ModelProvider, ProviderModels } from './model.ts';
import { namesIn } from './provider-models.ts';

/** Any server that speaks OpenAI's chat completions: vLLM, llama.cpp, LM Studio, gateways, clouds. */
export const openaiCompatible: ModelProvider = {
  name: 'openai-compatible',
  async connect(config, signal) {
    const found: ProviderModels = { chat: [], embedding: null, notices: [] };
    if (config.llmBaseUrl) await connectChat(config, config.llmBaseUrl, found, signal);
    const embeddingUrl = config.embeddingBaseUrl ?? (config.embeddingModel ? config.llmBaseUrl : undefined);
    if (embeddingUrl) await connectEmbedding(config, embeddingUrl, found, signal);
    return found;
  },
};

/** A server and how it is spoken of; Ollama is one too. */
export interface CompatibleServer {
  name: string;
  baseUrl: string;
  apiKey?: string;
  addressSetting: string;
  keySetting: string;
  limits: ModelLimits;
}

export function compatibleChat(server: CompatibleServer, model: string, contextWindow: number): ChatModel {
  const { baseUrl, apiKey, limits } = server;
  return chatModel({
    id: model,
    label: labelOf(server, 'LLM_MODEL'),
    source: compatibleSource({ baseUrl, apiKey, maxEventBytes: 4 * limits.maxAnswerBytes }, model),
    contextWindow,
    limits,
  });
}

export async function compatibleEmbedding(
  server: CompatibleServer,
  model: string,
  dimensions?: number,
): Promise<EmbeddingModel> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
  const { baseUrl: baseURL, apiKey, limits } = server;
  const sdk = createOpenAICompatible({ name: 'compatible', baseURL, apiKey, fetch: jsonFetch() });
  return embeddingModel({
    name: model,
    label: labelOf(server, 'EMBEDDING_MODEL'),
    embedder: (name) => sdk.embeddingModel(name),
    // Names of other providers' models that no server has.
    owns: (name) => !name.startsWith('local:'),
    dimensions,
    // The smallest default among common servers: text-embeddings-inference refuses more than 32 texts.
    batch: { maxTexts: 32, maxTokens: 16_000 },
    parallel: 2,
    limits,
  });
}

async function connectChat(config: ModelConfig, baseUrl: string, found: ProviderModels, signal: AbortSignal) {
  const server: CompatibleServer = {
    name: 'The model server',
    baseUrl,
    apiKey: config.llmApiKey,
    addressSetting: 'LLM_BASE_URL',
    keySetting: 'LLM_API_KEY',
    limits: limitsOf(config),
  };
  const listed = await listModels(server, found.notices, signal);
  const names = namesIn(config.llmModel);
  if (names.length === 0) names.push(...firstName(listed, (name) => !isEmbeddingName(name)));
  if (names.length === 0)
    found.notices.push('LLM_BASE_URL is set, but the server names no model: set LLM_MODEL.');
  for (const name of names) {
    const told = listed.find((model) => model.id === name)?.contextWindow;
    found.chat.push(compatibleChat(server, name, contextWindowOf(name, config.llmContextWindow ?? told)));
  }
}

async function connectEmbedding(
  config: ModelConfig,
  baseUrl: string,
  found: ProviderModels,
  signal: AbortSignal,
) {
  const server: CompatibleServer = {
    name: 'The embedding server',
    baseUrl,
    // A key is never sent to a server that it was not given for.
    apiKey: config.embeddingApiKey ?? (baseUrl === config.llmBaseUrl ? config.llmApiKey : undefined),
    addressSetting: config.embeddingBaseUrl ? 'EMBEDDING_BASE_URL' : 'LLM_BASE_URL',
    keySetting: config.embeddingBaseUrl ? 'EMBEDDING_API_KEY' : 'LLM_API_KEY',
    limits: limitsOf(config),
  };
  const name = config.embeddingModel ?? (await nameEmbedding(server, found, signal));
  if (name) found.embedding = await compatibleEmbedding(server, name, config.embeddingDimensions);
}

async function nameEmbedding(
  server: CompatibleServer,
  found: ProviderModels,
  signal: AbortSignal,
): Promise<string | undefined> {
  const listed = await listModels(server, found.notices, signal);
  const [name] = [...firstName(listed, isEmbeddingName), ...firstName(listed, () => true)];
  if (!name)
    found.notices.push('EMBEDDING_BASE_URL is set, but the server names no model: set EMBEDDING_MODEL.');
  return name;
}

function firstName(listed: ListedModel[], fits: (name: string) => boolean): string[] {
  return listed
    .filter(({ id }) => fits(id))
    .slice(0, 1)
    .map(({ id }) => id);
}

function labelOf(server: CompatibleServer, modelSetting: string) {
  const { name, addressSetting, keySetting, apiKey: secret } = server;
  return { name, addressSetting, keySetting, modelSetting, secret };
}
