import { type MessageRow, readMessage } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { textOf } from './reaper.ts';
import { readEvents } from './stream/event-store.ts';

/** A message with what has been written of it; one that has ended since its row was read, as it ended. */
export async function soFar(db: Database, scope: ConversationScope, row: MessageRow): Promise<MessageRow> {
  if (row.status !== 'streaming') return row;
  const { events, status } = await readEvents(db, scope, row.id, 0);
  // Its end takes the place of its events: without any it may not have begun, or have ended between two reads.
  const isWritten = status === 'streaming' && events.length > 0;
  const latest = isWritten ? row : ((await readMessage(db, scope, row.id)) ?? row);
  return latest.status === 'streaming' ? { ...latest, content: textOf(events) } : latest;
}
