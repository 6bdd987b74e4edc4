import { anthropic } from './anthropic.ts';
import { google } from './google.ts';
import { local } from './local.ts';
import { isLocalName } from './local-source.ts';
import type { ModelConfig, ModelProvider, Models } from './model.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { namesIn } from './provider-models.ts';
import { rerankServer } from './rerank.ts';

/** In order of precedence: the first provider that offers a kind of model gives the default. */
export const modelProviders: ModelProvider[] = [
  local,
  openaiCompatible,
  openai,
  anthropic,
  google,
  ollama,
  rerankServer,
];

/** Finds the models that the configuration and this machine offer. A server that is away is no error. */
export async function connectModels(config: ModelConfig, signal: AbortSignal): Promise<Models> {
  const models: Models = { chat: null, embedding: null, rerank: null, chatModels: [], notices: [] };
  // Who wants embeddings made on this machine does not want them made elsewhere when that fails.
  const staysHere = isLocalName(config.embeddingModel);
  const elsewhere = staysHere
    ? { ...config, embeddingModel: undefined, embeddingBaseUrl: undefined }
    : config;
  const advice: string[] = [];
  for (const provider of modelProviders) {
    signal.throwIfAborted();
    if (provider.fallback && models.chatModels.length > 0 && models.embedding) continue;
    const found = await provider.connect(provider === local ? config : elsewhere, signal);
    // A name chooses a model, so a later provider cannot offer a second one of that name.
    models.chatModels.push(
      ...found.chat.filter(({ id }) => !models.chatModels.some((model) => model.id === id)),
    );
    if (!staysHere || provider === local) models.embedding ??= found.embedding;
    models.rerank ??= found.rerank ?? null;
    models.notices.push(...found.notices);
    if (found.embeddingAdvice !== undefined) advice.push(found.embeddingAdvice);
  }
  if (models.embedding === null) models.notices.push(...advice);
  const wanted = namesIn(config.llmModel)[0];
  models.chat = models.chatModels.find(({ id }) => id === wanted) ?? models.chatModels[0] ?? null;
  if (wanted && models.chat === null)
    models.notices.push(`LLM_MODEL names ${wanted}, which no configured provider offers.`);
  if (config.embeddingModel && models.embedding === null && !staysHere) {
    models.notices.push(
      `EMBEDDING_MODEL names ${config.embeddingModel}, which no configured provider offers.`,
    );
  }
  return models;
}
