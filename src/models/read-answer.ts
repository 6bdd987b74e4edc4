import type { AnswerPart, AnswerSource } from './answer-source.ts';
import { ModelFault } from './faults.ts';
import type { ModelLimits } from './limits.ts';
import type { ChatEvent, ChatInput } from './model.ts';
import { dropThinking } from './think-tags.ts';
import { startWatchdog } from './watchdog.ts';

/** Tokens of one answer that can be true: more than any window holds. */
const mostTokens = 1_000_000_000;

/**
 * Reads one attempt at an answer. Whatever ends it (the end, a failure, the reader leaving) also
 * ends the HTTP request.
 */
export async function* readAnswer(
  source: AnswerSource,
  input: ChatInput,
  limits: ModelLimits,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  const watch = startWatchdog(signal);
  const thinking = dropThinking();
  let answerBytes = 0;
  try {
    watch.arm(limits.firstTokenMs, 'first_token_timeout');
    const next = await watch.race(source.open(input, watch.signal));
    for (;;) {
      const part = await watch.race(next());
      if (part === null) throw new ModelFault('cut', 'the stream ended without a finish');
      if (part.type === 'end') {
        yield* closeAnswer(part, thinking.end());
        return;
      }
      if (part.type === 'text') {
        // The clock stands still while the reader of the answer is slow.
        watch.disarm();
        // Some models write NUL, which no database keeps as text.
        const text = thinking.push(part.text.replaceAll('\0', ''));
        answerBytes += Buffer.byteLength(text);
        if (answerBytes > limits.maxAnswerBytes)
          throw new ModelFault('too_large', 'answer over its byte limit');
        if (text) yield { type: 'delta', text };
      }
      watch.arm(limits.stallMs, 'stall_timeout');
    }
  } catch (error) {
    // The abort, not the error that it caused somewhere below, is the reason.
    throw watch.signal.aborted ? watch.signal.reason : error;
  } finally {
    watch.stop();
  }
}

function* closeAnswer(end: Extract<AnswerPart, { type: 'end' }>, held: string): Generator<ChatEvent> {
  if (held) yield { type: 'delta', text: held };
  const { inputTokens, outputTokens, reason } = end;
  if (isCount(inputTokens) && isCount(outputTokens)) yield { type: 'usage', inputTokens, outputTokens };
  yield { type: 'finish', reason };
}

/** A count that is none is as good as no count; it could neither be added up nor stored. */
function isCount(tokens: number | undefined): tokens is number {
  return tokens !== undefined && Number.isInteger(tokens) && tokens >= 0 && tokens <= mostTokens;
}
