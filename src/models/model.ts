import type { ModelLimits } from './limits.ts';

/** A part of an answer as it comes. Reasoning is never part of it. */
export type ChatEvent =
  | { type: 'delta'; text: string }
  /** Tokens as the provider counted them; absent when it does not say. */
  | { type: 'usage'; inputTokens: number; outputTokens: number }
  /** Always the last event of an answer that ended by itself. */
  | { type: 'finish'; reason: FinishReason };

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'other';

export interface ChatMessage {
  role: 'user' | 'assistant' | 'system';
  content: string;
}

export interface ChatInput {
  system: string;
  messages: ChatMessage[];
  maxOutputTokens?: number;
  /** Left to the provider when absent: several reasoning models refuse the setting. */
  temperature?: number;
}

export interface ChatModel {
  /** The provider's name of the model. */
  id: string;
  /** The provider's name as a person reads it: `OpenAI`, `Ollama`. */
  provider: string;
  /** Tokens of input and output together. */
  contextWindow: number;
  /** It thinks before it answers, and its thoughts count as output. */
  reasons?: boolean;
  countTokens(text: string): number;
  /**
   * Streams one answer. Retries happen only before the first event; after it, a failure throws and
   * the deltas already given are the partial answer. Ending the iteration ends the HTTP request.
   * @throws AppError `model_unavailable`, `model_timeout`, or `context_overflow` when the provider
   * says that the input is too long; `signal.reason` when the caller aborts.
   */
  stream(input: ChatInput, signal: AbortSignal): AsyncGenerator<ChatEvent>;
}

export interface EmbeddingModel {
  /** The provider's name of the model, with `@` and the length where one is configured: vectors of two ids are never compared. */
  id: string;
  provider: string;
  /** Length of a vector; null until it is configured or the first vector has come. */
  readonly dimensions: number | null;
  /**
   * Unit vectors, one for each text and in the order of the texts.
   * @throws AppError `model_unavailable` or `model_timeout`; `signal.reason` when the caller aborts.
   */
  embed(texts: string[], kind: EmbeddingKind, signal: AbortSignal): Promise<Float32Array[]>;
  /**
   * The same provider's model of another id, for questions about documents whose vectors are still of that one. Null
   * when the id cannot be one of this provider's; whether the model is there shows when it embeds.
   */
  withModel?(id: string): EmbeddingModel | null;
}

export type EmbeddingKind = 'query' | 'document';

/** A cross-encoder: reads question and passage together, which no index can. */
export interface RerankModel {
  /** The provider's name of the model. */
  id: string;
  provider: string;
  /**
   * One score for each text, in their order; higher is better, and most models give 0 to 1.
   * @throws AppError `model_unavailable` or `model_timeout`; `signal.reason` when the caller aborts.
   */
  score(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]>;
}

export interface Models {
  /** The model that answers unless a request names another; null: answers are extractive. */
  chat: ChatModel | null;
  /** Null: semantic search is off. */
  embedding: EmbeddingModel | null;
  /** Null: passages keep the order of the search. */
  rerank: RerankModel | null;
  /** Every chat model that a request may name, the default first. */
  chatModels: ChatModel[];
  /** Sentences for the operator about what was looked for and not found. */
  notices: string[];
}

/** What the environment says about models; `config.ts` fills it. Every field is optional. */
export interface ModelConfig {
  /** `LLM_BASE_URL`: an OpenAI-compatible server, usually ending in `/v1`. */
  llmBaseUrl?: string;
  /** `LLM_API_KEY` */
  llmApiKey?: string;
  /** `LLM_MODEL`: one name, or several separated by commas; the first is the default. */
  llmModel?: string;
  /** `LLM_CONTEXT_WINDOW`, tokens. */
  llmContextWindow?: number;
  /** `EMBEDDING_BASE_URL`; `LLM_BASE_URL` when only the model is named. */
  embeddingBaseUrl?: string;
  /** `EMBEDDING_API_KEY`; `LLM_API_KEY` is used only when the address is `LLM_BASE_URL`. */
  embeddingApiKey?: string;
  /** `EMBEDDING_MODEL` */
  embeddingModel?: string;
  /** `EMBEDDING_DIMENSIONS`: asked of the provider, and checked on every vector. */
  embeddingDimensions?: number;
  /** `RERANK_BASE_URL`: a server with a route `/rerank` below it. */
  rerankBaseUrl?: string;
  /** `RERANK_API_KEY` */
  rerankApiKey?: string;
  /** `RERANK_MODEL` */
  rerankModel?: string;
  /** `LOCAL_MODELS_DIR`: where `local:` models are looked for and downloaded to. */
  localModelsDir?: string;
  /** `LOCAL_MODELS_DTYPE`: precision of the weights. */
  localModelsDtype?: string;
  /** `HF_ENDPOINT`: the hub that models are downloaded from, where it is not the usual one. */
  modelHub?: string;
  /** Told about work that takes long, such as the download of a model, in whole sentences. */
  report?: (sentence: string) => void;
  /** `OPENAI_API_KEY`, `OPENAI_BASE_URL` */
  openaiApiKey?: string;
  openaiBaseUrl?: string;
  /** `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL` */
  anthropicApiKey?: string;
  anthropicBaseUrl?: string;
  /** `GOOGLE_GENERATIVE_AI_API_KEY`, `GOOGLE_GENERATIVE_AI_BASE_URL` */
  googleApiKey?: string;
  googleBaseUrl?: string;
  /** `OLLAMA`: `off` never looks for one. */
  ollama?: 'auto' | 'off';
  /** `OLLAMA_HOST`, in any form that Ollama itself accepts. */
  ollamaHost?: string;
  limits?: Partial<ModelLimits>;
}

/** What one provider offers under a configuration. */
export interface ProviderModels {
  chat: ChatModel[];
  embedding: EmbeddingModel | null;
  /** Absent: this provider has none. */
  rerank?: RerankModel | null;
  /** How it could offer embeddings; said when nobody does. */
  embeddingAdvice?: string;
  notices: string[];
}

/** A plug-in of the registry. `connect` never throws because a server is away: it leaves a notice. */
export interface ModelProvider {
  name: string;
  /** Asked only while no provider before it offers what it could offer. */
  fallback?: true;
  connect(config: ModelConfig, signal: AbortSignal): Promise<ProviderModels>;
}

/** The answer of a provider that is not configured. */
export const nothingConfigured: ProviderModels = { chat: [], embedding: null, notices: [] };
