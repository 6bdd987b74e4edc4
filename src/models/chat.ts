import type { AnswerSource } from './answer-source.ts';
import { explainFault, type ProviderLabel } from './explain-fault.ts';
import { ModelFault, readFacts } from './faults.ts';
import type { ModelLimits } from './limits.ts';
import type { ChatEvent, ChatInput, ChatModel } from './model.ts';
import { retryTransient } from './policy.ts';
import { readAnswer } from './read-answer.ts';
import { thinks } from './reasoning.ts';
import { countTokens } from './tokens.ts';
import { startWatchdog } from './watchdog.ts';

export interface ChatModelParts {
  id: string;
  label: ProviderLabel;
  source: AnswerSource;
  contextWindow: number;
  limits: ModelLimits;
}

/** A chat model over any source of answers, with retries, deadlines and clear errors. */
export function chatModel(parts: ChatModelParts): ChatModel {
  return {
    id: parts.id,
    provider: parts.label.name,
    contextWindow: parts.contextWindow,
    reasons: thinks(parts.id),
    countTokens,
    stream: (input, signal) => streamAnswer(parts, input, signal),
  };
}

async function* streamAnswer(
  parts: ChatModelParts,
  input: ChatInput,
  signal: AbortSignal,
): AsyncGenerator<ChatEvent> {
  signal.throwIfAborted();
  const deadline = startWatchdog(signal);
  deadline.arm(parts.limits.totalMs, 'total_timeout');
  let opened: OpenedAnswer | undefined;
  try {
    opened = await retryTransient(
      () => openAnswer(parts, input, deadline.signal),
      parts.limits,
      deadline.signal,
    );
    if (opened.first) yield opened.first;
    yield* opened.rest;
  } catch (error) {
    signal.throwIfAborted();
    throw explainFault(asCut(error, opened), parts.label, parts.limits);
  } finally {
    deadline.stop();
    await opened?.rest.return(undefined);
  }
}

interface OpenedAnswer {
  first: ChatEvent | undefined;
  rest: AsyncGenerator<ChatEvent>;
}

/** An attempt counts as open once its first event is there; until then it may be repeated. */
async function openAnswer(
  parts: ChatModelParts,
  input: ChatInput,
  signal: AbortSignal,
): Promise<OpenedAnswer> {
  const rest = readAnswer(parts.source, input, parts.limits, signal);
  const { value, done } = await rest.next();
  return { first: done ? undefined : value, rest };
}

/** A broken connection means something else once the answer has begun. */
function asCut(error: unknown, opened: OpenedAnswer | undefined): unknown {
  return opened && readFacts(error).isNetwork
    ? new ModelFault('cut', readFacts(error).message, error)
    : error;
}
