import type { AlsoWrite, Database } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { type Family, siblingsWithin } from './family-store.ts';
import { appendMessages, type MessageRow } from './message-store.ts';
import type { ConversationScope } from './scope.ts';

export interface MessageInput {
  /** A new one when undefined. */
  id?: string | undefined;
  role: MessageRow['role'];
  content: string;
  metadata: unknown;
  /** The metadata's own text; null when there is none. */
  metadataSource: string | null;
  /** Undefined: below the active leaf. */
  parentId?: string | null | undefined;
}

export interface PlacedMessage {
  row: MessageRow;
  family: Family;
}

/** Appends one message, which the active branch ends with then; it is durable when this resolves. */
export async function appendMessage(
  scope: ConversationScope,
  input: MessageInput,
  db: Database,
  now: Date,
  alsoWrite?: AlsoWrite<PlacedMessage>,
): Promise<PlacedMessage> {
  const message = { ...input, id: input.id ?? newId(), status: 'complete' as const };
  // Nothing stands beside what follows a leaf.
  const isPlaced = input.parentId !== undefined;
  let siblingIds = [message.id];
  const [row] = await appendMessages(
    db,
    scope,
    [message],
    now,
    alsoWrite === undefined && !isPlaced
      ? undefined
      : async (tx, [written]) => {
          if (written === undefined) return;
          if (isPlaced) siblingIds = await siblingsWithin(tx, scope, written);
          await alsoWrite?.(tx, { row: written, family: { siblingIds, activeSiblingId: written.id } });
        },
  );
  if (row === undefined) throw new Error('the message was not written');
  return { row, family: { siblingIds, activeSiblingId: row.id } };
}
