import {
  type Answer,
  type Completion,
  type CompletionBody,
  type CompletionChunk,
  maxQuestionCharacters,
} from '@alcove/contract';
import type { Turn } from '../answers/ask-by-history.ts';
import type { NumberedEvent } from '../answers/stream/running.ts';
import { AppError } from '../errors.ts';

const modelForm = /^conv:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The name of a conversation as a model. */
export function modelOf(conversationId: string): string {
  return `conv:${conversationId}`;
}

/** @throws AppError `not_found` for what is no conversation's name */
export function conversationOf(model: string): string {
  const conversationId = modelForm.exec(model)?.[1];
  if (conversationId !== undefined) return conversationId;
  throw new AppError(
    'not_found',
    'There is no such model: a model here is "conv:" and the id of a conversation, as GET /v1/models lists them.',
  );
}

/**
 * The question, which is the last message, and the turns above it; what tools have said is not among them.
 * @throws AppError `invalid_request`
 */
export function readTurns(messages: CompletionBody['messages']): { query: string; history: Turn[] } {
  const turns = messages.flatMap(({ role, content }): Turn[] => {
    if (role === 'tool' || role === 'function') return [];
    const text = (typeof content === 'string' ? content : (content ?? []).map(textOf).join('')).trim();
    return text === '' ? [] : [{ role: role === 'developer' ? 'system' : role, content: text }];
  });
  const question = turns.pop();
  if (question?.role !== 'user') throw refused('the last message is the question: role "user", with text');
  if (question.content.length > maxQuestionCharacters)
    throw refused(`a question has at most ${maxQuestionCharacters} characters`);
  return { query: question.content, history: turns };
}

function textOf({ text = '' }: { text?: string | undefined }): string {
  return text;
}

function refused(message: string): AppError {
  return new AppError('invalid_request', `The request is not valid at "messages": ${message}.`, {
    issues: [{ path: 'messages', message }],
  });
}

/** A finished answer as the protocol has it; `created` is the second of the request. */
export function presentCompletion(answer: Answer, created: number): Completion {
  return {
    ...headOf(answer, created),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer.answer },
        finish_reason: finishOf(answer),
      },
    ],
    usage: usageOf(answer),
    alcove: alcoveOf(answer),
  };
}

/** The events of an answer as the protocol's chunks; a failure ends them with an error as the protocol has it in streams. */
export async function* completionStream(
  events: AsyncIterable<NumberedEvent>,
  { created, includeUsage }: { created: number; includeUsage: boolean },
): AsyncGenerator<string> {
  let head: ReturnType<typeof headOf> | undefined;
  const chunk = (
    delta: CompletionChunk['choices'][number]['delta'],
    more: Partial<CompletionChunk> = {},
    finish: 'stop' | 'length' | null = null,
  ): string => {
    if (head === undefined) throw new Error('an answer begins with its message');
    const choices = [{ index: 0, delta, finish_reason: finish }];
    return line({ ...head, object: 'chat.completion.chunk', choices, ...more } satisfies CompletionChunk);
  };
  for await (const { event } of events) {
    switch (event.type) {
      case 'message':
        head = headOf(event, created);
        yield chunk({ role: 'assistant', content: '' });
        break;
      case 'delta':
        yield chunk({ content: event.text });
        break;
      case 'done':
        yield chunk({}, { alcove: alcoveOf(event.answer) }, finishOf(event.answer));
        if (includeUsage) yield chunk({}, { choices: [], usage: usageOf(event.answer) });
        break;
      case 'failed':
        yield line({ error: { message: event.error, code: event.code } });
        break;
    }
  }
  yield 'data: [DONE]\n\n';
}

function headOf(
  { message_id: messageId, conversation_id: conversationId }: Pick<Answer, 'message_id' | 'conversation_id'>,
  created: number,
) {
  return { id: `chatcmpl-${messageId}`, created, model: modelOf(conversationId) };
}

function finishOf({ status, metadata }: Answer): 'stop' | 'length' {
  return status === 'complete' && metadata.finish_reason !== 'length' ? 'stop' : 'length';
}

function usageOf({ metadata: { tokens } }: Answer): Completion['usage'] {
  const { input, output } = tokens;
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function alcoveOf(answer: Answer): Completion['alcove'] {
  const { conversation_id, message_id, sources, citations } = answer;
  return { conversation_id, message_id, sources, citations };
}

function line(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
