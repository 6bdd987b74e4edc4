import { idParams } from '@alcove/contract';
import type { FastifyRequest } from 'fastify';
import { findMessage, type MessageRow } from '../conversations/message-store.ts';
import { ConversationScope } from '../conversations/scope.ts';
import { type DocumentRow, findDocument } from '../documents/store.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { principalOf } from './auth.ts';

/** The conversation that the path names. @throws AppError `forbidden` or `not_found` */
export function openConversation(request: FastifyRequest, db: Database): Promise<ConversationScope> {
  return ConversationScope.open(db, principalOf(request).scope, idParams.parse(request.params).id);
}

/** The caller's document that the path names, and its conversation. Somebody else's does not exist. */
export async function openDocument(
  request: FastifyRequest,
  db: Database,
): Promise<{ scope: ConversationScope; document: DocumentRow }> {
  const user = principalOf(request).scope;
  const document = await findDocument(db, user, idParams.parse(request.params).id);
  if (document === null) throw documentMissing();
  return { scope: ConversationScope.ofOwnRow(user, document), document };
}

/** The caller's message that the path names, and its conversation. Somebody else's does not exist. */
export async function openMessage(
  request: FastifyRequest,
  db: Database,
): Promise<{ scope: ConversationScope; message: MessageRow }> {
  const user = principalOf(request).scope;
  const message = await findMessage(db, user, idParams.parse(request.params).id);
  if (message === null) throw new AppError('not_found', 'This message does not exist.');
  return { scope: ConversationScope.ofOwnRow(user, message), message };
}

export function documentMissing(): AppError {
  return new AppError('not_found', 'This document does not exist.');
}
