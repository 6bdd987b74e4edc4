import type { Answer } from '@alcove/contract';
import type { ConversationScope } from '../../conversations/scope.ts';
import { AppError } from '../../errors.ts';
import { type AnswerDeps, answerTopic } from '../deps.ts';
import type { NumberedEvent } from './running.ts';
import { readEvents } from './event-store.ts';

/** Another replica may be writing: its events are looked for this often. */
const remotePollMs = 300;
/** In this process the notification always comes; the timeout is only a second line. */
const localPollMs = 5_000;

/** Replays an answer after `afterSeq` and follows it to its end, wherever it is being written. */
export async function* follow(
  scope: ConversationScope,
  messageId: string,
  afterSeq: number,
  deps: AnswerDeps,
  signal: AbortSignal,
): AsyncGenerator<NumberedEvent> {
  let last = afterSeq;
  while (!signal.aborted) {
    const local = deps.running.get(scope.userId, messageId);
    const belongs = local !== undefined && local.conversationId === scope.conversationId;
    const seen = belongs
      ? { events: local.committed.slice(last), status: 'streaming' as const }
      : await readEvents(deps.db, scope, messageId, last);
    if (seen.status === null) throw new AppError('not_found', 'This message does not exist.');
    for (const numbered of seen.events) {
      yield numbered;
      last = numbered.seq;
      if (isLast(numbered)) return;
    }
    if (seen.status !== 'streaming') return;
    // An event may have been committed between the look and the wait; ask once more before sleeping long.
    if (belongs && local.committed.length > last) continue;
    await deps.notifier.wait(answerTopic(messageId), belongs ? localPollMs : remotePollMs, signal);
  }
}

/** Whether an answer has, or will have, events after `afterSeq`. */
export async function hasMore(
  scope: ConversationScope,
  messageId: string,
  afterSeq: number,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<boolean> {
  const { events, status } = await readEvents(deps.db, scope, messageId, afterSeq);
  return events.length > 0 || status === 'streaming';
}

function isLast({ event }: NumberedEvent): boolean {
  return event.type === 'done' || event.type === 'failed';
}

/** Waits for the whole answer. @throws AppError of the failure when it came to nothing */
export async function waitForAnswer(
  scope: ConversationScope,
  messageId: string,
  deps: AnswerDeps,
  signal: AbortSignal,
): Promise<Answer> {
  for await (const { event } of follow(scope, messageId, 0, deps, signal)) {
    if (event.type === 'done') return event.answer;
    if (event.type === 'failed') throw new AppError(event.code, event.error);
  }
  throw new AppError('unavailable', 'The answer is still being written: read it at /messages/{id}/stream.', {
    retryAfterSeconds: 1,
  });
}
