import { JSONParseError, TypeValidationError } from 'ai';
import { ModelFault, ReportedError } from './faults.ts';
import { isRecord } from './json.ts';
import type { ModelLimits } from './limits.ts';
import type { ChatEvent, FinishReason } from './model.ts';
import type { SdkChatModel, SdkStreamPart } from './sdk.ts';
import { dropThinking } from './think-tags.ts';
import { startWatchdog } from './watchdog.ts';

type CallOptions = Parameters<SdkChatModel['doStream']>[0];
type SdkFinish = Extract<SdkStreamPart, { type: 'finish' }>;

/**
 * Reads one attempt at an answer. Whatever ends it (the end, a failure, the reader leaving) also
 * ends the HTTP request.
 */
export async function* readAnswer(
  model: SdkChatModel,
  options: CallOptions,
  limits: ModelLimits,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const watch = startWatchdog(signal);
  const thinking = dropThinking();
  let answerBytes = 0;
  try {
    watch.arm(limits.firstTokenMs, 'first_token_timeout');
    const { stream } = await watch.race(model.doStream({ ...options, abortSignal: watch.signal }));
    const reader = stream.getReader();
    for (;;) {
      const { done, value: part } = await watch.race(reader.read());
      if (done) throw new ModelFault('cut', 'the stream ended without a finish');
      if (part.type === 'error') checkErrorPart(part.error);
      if (part.type === 'text-delta') {
        // The clock stands still while the reader of the answer is slow.
        watch.disarm();
        const text = thinking.push(part.delta);
        answerBytes += Buffer.byteLength(text);
        if (answerBytes > limits.maxAnswerBytes)
          throw new ModelFault('too_large', 'answer over its byte limit');
        if (text) yield { type: 'delta', text };
      }
      if (part.type === 'finish') {
        yield* closeAnswer(part, thinking.end());
        return;
      }
      if (part.type === 'text-delta' || part.type === 'reasoning-delta')
        watch.arm(limits.stallMs, 'stall_timeout');
    }
  } catch (error) {
    // The abort, not the error that it caused somewhere below, is the reason.
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    watch.stop();
  }
}

function* closeAnswer(part: SdkFinish, held: string): Generator<ChatEvent> {
  const { unified, raw } = part.finishReason;
  if (unified === 'interrupted') throw new ModelFault('cut', 'the stream ended without a finish reason');
  if (unified === 'error')
    throw new ModelFault('malformed', `the provider finished with an error: ${raw ?? 'no reason'}`);
  if (held) yield { type: 'delta', text: held };
  const { inputTokens, outputTokens } = part.usage;
  if (inputTokens.total !== undefined && outputTokens.total !== undefined) {
    yield { type: 'usage', inputTokens: inputTokens.total, outputTokens: outputTokens.total };
  }
  yield { type: 'finish', reason: finishReasons[unified] };
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

/** The fields under which OpenAI, Anthropic and Google put text or an error. */
function mayHoldText(event: Record<string, unknown>): boolean {
  return ['choices', 'delta', 'content_block', 'candidates', 'error'].some((field) => field in event);
}
