import type { AlsoWrite, Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { appendMessages, type MessageRow } from './message-store.ts';
import type { ConversationScope } from './scope.ts';

export interface MessageInput {
  role: MessageRow['role'];
  content: string;
  metadata: unknown;
  /** The metadata's own text; null when there is none. */
  metadataSource: string | null;
  /** Undefined: below the active leaf. */
  parentId?: string | null | undefined;
}

/** Appends one message; it is durable when this resolves. */
export async function appendMessage(
  scope: ConversationScope,
  input: MessageInput,
  db: Database,
  now: Date,
  alsoWrite?: AlsoWrite<MessageRow>,
): Promise<MessageRow> {
  const message = { ...input, id: newId(), status: 'complete' as const };
  const [row] = await appendMessages(
    db,
    scope,
    [message],
    now,
    alsoWrite &&
      (async (tx, rows) => {
        if (rows[0] !== undefined) await alsoWrite(tx, rows[0]);
      }),
  );
  if (row === undefined) throw new Error('the message was not written');
  return row;
}
