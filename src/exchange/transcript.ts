import type { MessageRow } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import { type ConversationRow, readConversation } from '../conversations/store.ts';
import type { Database } from '../db/database.ts';
import { readMessage } from '../conversations/message-store.ts';
import { AppError } from '../errors.ts';
import { readAllMessages, readBranchIds } from './export-store.ts';
import { type CitedPage, citedPagesOf, type Note, notesOf } from './notes.ts';

/** One message as people read it. */
export interface Turn {
  role: MessageRow['role'];
  content: string;
  createdAt: Date;
  notes: Note[];
  pages: CitedPage[];
}

export interface Transcript {
  title: string;
  createdAt: Date;
  turns: AsyncGenerator<Turn>;
}

/** A branch of the conversation, read page by page. @throws AppError `not_found` for a leaf that is not its own */
export async function readTranscript(
  scope: ConversationScope,
  leafId: string | undefined,
  db: Database,
): Promise<Transcript> {
  const conversation = await readConversation(db, scope);
  if (leafId !== undefined && (await readMessage(db, scope, leafId)) === null)
    throw new AppError('not_found', 'This message does not exist in this conversation.');
  return {
    title: conversation.title,
    createdAt: conversation.createdAt,
    turns: readTurns(scope, conversation, leafId, db),
  };
}

async function* readTurns(
  scope: ConversationScope,
  conversation: ConversationRow,
  leafId: string | undefined,
  db: Database,
): AsyncGenerator<Turn> {
  const leaf = leafId ?? conversation.activeLeafId;
  if (leaf === null) return;
  const branch = await readBranchIds(db, scope, leaf);
  for await (const row of readAllMessages(db, scope)) {
    if (!branch.has(row.id) || row.status === 'streaming') continue;
    const { role, content, createdAt, metadata } = row;
    const isAnswer = role === 'assistant';
    yield {
      role,
      content,
      createdAt,
      notes: isAnswer ? notesOf(metadata) : [],
      pages: isAnswer ? citedPagesOf(metadata) : [],
    };
  }
}

export const roleNames: Readonly<Record<MessageRow['role'], string>> = {
  user: 'You',
  assistant: 'Alcove',
  system: 'Instructions',
};

export function timeOf(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
