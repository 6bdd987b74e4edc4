import { JSONParseError, TypeValidationError } from 'ai';
import type { AnswerPart, AnswerSource } from './answer-source.ts';
import { toSdkPrompt } from './chat-prompt.ts';
import { mayHoldText, ModelFault, ReportedError } from './faults.ts';
import { isRecord } from './json.ts';
import type { FinishReason } from './model.ts';
import type { SdkChatModel, SdkProviderOptions, SdkStreamPart } from './sdk.ts';

type SdkFinish = Extract<SdkStreamPart, { type: 'finish' }>;

/**
 * Answers of an AI SDK model.
 * @param cacheMark for a provider that caches a prompt only where it is marked
 */
export function sdkSource(model: SdkChatModel, cacheMark?: SdkProviderOptions): AnswerSource {
  return {
    async open(input, abortSignal) {
      const { maxOutputTokens, temperature } = input;
      const prompt = toSdkPrompt(input, cacheMark);
      const { stream } = await model.doStream({ maxOutputTokens, temperature, prompt, abortSignal });
      const reader = stream.getReader();
      return async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return null;
          const part = partOf(value);
          if (part !== null) return part;
        }
      };
    },
  };
}

function partOf(part: SdkStreamPart): AnswerPart | null {
  if (part.type === 'error') checkErrorPart(part.error);
  if (part.type === 'text-delta') return { type: 'text', text: part.delta };
  if (part.type === 'reasoning-delta') return { type: 'thought' };
  return part.type === 'finish' ? endOf(part) : null;
}

function endOf({ finishReason: { unified, raw }, usage }: SdkFinish): AnswerPart {
  if (unified === 'interrupted') throw new ModelFault('cut', 'the stream ended without a finish reason');
  if (unified === 'error')
    throw new ModelFault('malformed', `the provider finished with an error: ${raw ?? 'no reason'}`);
  return {
    type: 'end',
    reason: finishReasons[unified],
    inputTokens: usage.inputTokens.total,
    outputTokens: usage.outputTokens.total,
  };
}

const finishReasons: Record<SdkFinish['finishReason']['unified'], FinishReason> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-calls': 'other',
  other: 'other',
  error: 'other',
  interrupted: 'other',
};

/**
 * Proxies mix their own lines into a stream (`data: ping`): what cannot hold text is skipped. An
 * event that may have held text fails the answer, because a gap in it would not be seen.
 */
function checkErrorPart(error: unknown): void {
  if (JSONParseError.isInstance(error)) {
    if (!error.text.trimStart().startsWith('{')) return;
    throw new ModelFault('malformed', 'an event is not valid JSON', error);
  }
  if (TypeValidationError.isInstance(error)) {
    if (!isRecord(error.value) || !mayHoldText(error.value)) return;
    throw new ModelFault('malformed', 'an event has an unknown shape', error);
  }
  throw error instanceof Error ? error : new ReportedError(error);
}
