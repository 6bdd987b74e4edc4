import { z } from 'zod';
import { citation, source } from './asking.ts';
import { id } from './common.ts';

/** The chat completions of OpenAI's API, as far as its clients need them to talk to a conversation. */

const contentPart = z.object({ type: z.string().max(100), text: z.string().max(1_000_000).optional() });

export const completionBody = z.object({
  /** `conv:<id of a conversation>`. */
  model: z.string().max(200),
  messages: z
    .array(
      z.object({
        role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
        content: z.union([z.string().max(1_000_000), z.array(contentPart).max(1000)]).nullish(),
      }),
    )
    .min(1)
    .max(2000),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
});
export type CompletionBody = z.infer<typeof completionBody>;

const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
});

/** What Alcove says beside the protocol: where the answer is kept, and what it rests on. */
const alcove = z.object({
  conversation_id: id,
  message_id: id,
  sources: z.array(source),
  citations: z.array(citation),
});

const finishReason = z.enum(['stop', 'length']);

export const completion = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        message: z.object({ role: z.literal('assistant'), content: z.string() }),
        finish_reason: finishReason,
      }),
    ),
    usage,
    alcove,
  })
  .meta({ id: 'ChatCompletion' });
export type Completion = z.infer<typeof completion>;

export const completionChunk = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion.chunk'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        delta: z.object({ role: z.literal('assistant').optional(), content: z.string().optional() }),
        finish_reason: finishReason.nullable(),
      }),
    ),
    usage: usage.optional(),
    alcove: alcove.optional(),
  })
  .meta({ id: 'ChatCompletionChunk' });
export type CompletionChunk = z.infer<typeof completionChunk>;

export const openAiModel = z
  .object({
    id: z.string(),
    object: z.literal('model'),
    created: z.int(),
    owned_by: z.string(),
    /** The title of the conversation. */
    name: z.string(),
  })
  .meta({ id: 'OpenAiModel' });

export const openAiModels = z.object({ object: z.literal('list'), data: z.array(openAiModel) });
export const openAiModelParams = z.object({ model: z.string().max(200) });
