import type { OpenAICompatibleProvider } from '@ai-sdk/openai-compatible';

/** The model interfaces that every AI SDK provider implements (specification v4). */
export type SdkChatModel = ReturnType<OpenAICompatibleProvider['chatModel']>;
export type SdkEmbeddingModel = ReturnType<OpenAICompatibleProvider['embeddingModel']>;

type ChatOptions = Parameters<SdkChatModel['doStream']>[0];
export type SdkPrompt = ChatOptions['prompt'];
export type SdkProviderOptions = NonNullable<ChatOptions['providerOptions']>;

type ChatStream = Awaited<ReturnType<SdkChatModel['doStream']>>['stream'];
export type SdkStreamPart = ChatStream extends ReadableStream<infer Part> ? Part : never;
