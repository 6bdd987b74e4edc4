import { ModelFault } from './faults.ts';
import type { ChatInput, ChatModel } from './model.ts';
import { startWatchdog } from './watchdog.ts';

/** What a model said to a short request. */
export interface Reply {
  text: string;
  /** Why the text is not whole; null when it is. */
  failed: string | null;
  /** What the model has read and written for it; counted here where the provider does not. */
  tokens: { input: number; output: number };
}

/**
 * Asks a model and waits no longer than this. A failure of the model is told, not thrown.
 * @throws `signal.reason` when the caller aborts, and nothing else
 */
export async function askWithin(
  model: ChatModel,
  input: ChatInput,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Reply> {
  const reply: Reply = { text: '', failed: null, tokens: { input: 0, output: 0 } };
  const watch = startWatchdog(signal);
  watch.arm(deadlineMs, 'total_timeout');
  try {
    for await (const event of model.stream(input, watch.signal)) {
      if (event.type === 'delta') reply.text += event.text;
      if (event.type === 'usage') reply.tokens = { input: event.inputTokens, output: event.outputTokens };
    }
  } catch (error) {
    signal.throwIfAborted();
    reply.failed = reasonOf(error, deadlineMs);
  } finally {
    watch.stop();
  }
  if (reply.failed === null || reply.text !== '') count(reply, input, model);
  return reply;
}

function reasonOf(error: unknown, deadlineMs: number): string {
  if (error instanceof ModelFault) return `The model did not reply within ${deadlineMs} ms.`;
  return error instanceof Error ? error.message : 'The model failed.';
}

function count({ tokens, text }: Reply, { system, messages }: ChatInput, model: ChatModel): void {
  if (tokens.input === 0)
    tokens.input = [system, ...messages.map(({ content }) => content)].reduce(
      (sum, one) => sum + model.countTokens(one),
      0,
    );
  if (tokens.output === 0) tokens.output = model.countTokens(text);
}
