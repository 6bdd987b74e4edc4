import { idParams } from '@alcove/contract';
import type { FastifyRequest } from 'fastify';
import { findMessage, type MessageRow } from '../conversations/message-store.ts';
import { ConversationScope } from '../conversations/scope.ts';
import { type DocumentRow, findDocument } from '../documents/store.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { principalOf } from './auth.ts';
import { speakOf } from './held-key.ts';

/** The conversation that the path names. @throws AppError `forbidden` or `not_found` */
export async function openConversation(request: FastifyRequest, db: Database): Promise<ConversationScope> {
  const { id } = idParams.parse(request.params);
  const scope = await ConversationScope.open(db, principalOf(request).scope, id);
  speakOf(request, { conversationId: scope.conversationId });
  return scope;
}

/** The caller's document that the path names, and its conversation. Somebody else's does not exist. */
export async function openDocument(
  request: FastifyRequest,
  db: Database,
): Promise<{ scope: ConversationScope; document: DocumentRow }> {
  const user = principalOf(request).scope;
  const document = await findDocument(db, user, idParams.parse(request.params).id);
  if (document === null) throw documentMissing();
  speakOf(request, { conversationId: document.conversationId, documentId: document.id });
  return { scope: scopeOf(request, document), document };
}

/**
 * What `work` makes of the caller's document that the path names. A document may move to another conversation between
 * being found and being changed: null from `work` is then asked for once more, where the document is now.
 * @throws AppError `not_found` when it is gone
 */
export async function onDocument<T>(
  request: FastifyRequest,
  db: Database,
  work: (scope: ConversationScope, document: DocumentRow) => Promise<T | null>,
): Promise<T> {
  const found = await openDocument(request, db);
  const made = await work(found.scope, found.document);
  if (made !== null) return made;
  const again = await openDocument(request, db);
  const hasMoved = again.document.conversationId !== found.document.conversationId;
  const late = hasMoved ? await work(again.scope, again.document) : null;
  if (late === null) throw documentMissing();
  return late;
}

/** The caller's message that the path names, and its conversation. Somebody else's does not exist. */
export async function openMessage(
  request: FastifyRequest,
  db: Database,
): Promise<{ scope: ConversationScope; message: MessageRow }> {
  const user = principalOf(request).scope;
  const message = await findMessage(db, user, idParams.parse(request.params).id);
  if (message === null) throw new AppError('not_found', 'This message does not exist.');
  speakOf(request, { conversationId: message.conversationId, messageId: message.id });
  return { scope: scopeOf(request, message), message };
}

/** The conversation of a row that a query of the caller's own rows has found. */
export function scopeOf(
  request: FastifyRequest,
  row: { userId: string; conversationId: string },
): ConversationScope {
  return ConversationScope.ofOwnRow(principalOf(request).scope, row);
}

export function documentMissing(): AppError {
  return new AppError('not_found', 'This document does not exist.');
}
