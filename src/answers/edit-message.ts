import { appendMessage, type PlacedMessage } from '../conversations/append-message.ts';
import { type MessageRow, readMessage } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { AnswerDeps } from './deps.ts';

/** Writes another text beside a message, which stays as it is; the active branch goes through the new one. */
export async function writeBeside(
  scope: ConversationScope,
  message: MessageRow,
  content: string,
  { db, now }: Pick<AnswerDeps, 'db' | 'now'>,
  alsoWrite?: AlsoWrite<PlacedMessage>,
): Promise<PlacedMessage> {
  const { role, parentId } = message;
  const metadata = { edited_from: message.id };
  return appendMessage(
    scope,
    { role, content, metadata, metadataSource: null, parentId },
    db,
    now(),
    alsoWrite,
  );
}

/** The question that a message asks or answers. @throws AppError `conflict` when it does neither */
export async function questionOf(
  scope: ConversationScope,
  message: MessageRow,
  { db }: Pick<AnswerDeps, 'db'>,
): Promise<MessageRow> {
  if (message.role === 'user') return message;
  const above = message.parentId === null ? null : await readMessage(db, scope, message.parentId);
  if (message.role === 'assistant' && above?.role === 'user') return above;
  throw new AppError('conflict', 'Only a question, or the answer to one, can be answered again.');
}
