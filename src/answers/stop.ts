import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { type AnswerDeps, answerTopic } from './deps.ts';
import { stopRequested } from './stream/event-log.ts';
import { requestStop } from './lease-store.ts';

/** Ends an answer that is being written, here or on another replica; what came is kept. False when none is. */
export async function stopAnswer(
  scope: ConversationScope,
  messageId: string,
  deps: AnswerDeps,
  alsoWrite?: AlsoWrite<boolean>,
): Promise<boolean> {
  const asked = await requestStop(deps.db, scope, messageId, alsoWrite);
  const local = deps.running.get(scope.userId, messageId);
  if (local !== undefined && local.conversationId === scope.conversationId) local.stop.abort(stopRequested);
  deps.notifier.notify(answerTopic(messageId));
  return asked;
}
