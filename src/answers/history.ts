import type { PlacedMessage } from '../conversations/append-message.ts';
import { readFamilies } from '../conversations/family-store.ts';
import { type MessageRow, readBranch, readMessage } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { ConversationRow } from '../conversations/store.ts';
import { AppError } from '../errors.ts';
import type { AnswerDeps } from './deps.ts';
import { textOf } from './reaper.ts';
import { readEvents } from './stream/event-store.ts';

export interface HistoryQuery {
  limit: number;
  before?: string | undefined;
  branch?: string | undefined;
}

/** The newest messages of a branch, or those above `before`, oldest first; an answer that is being written shows what is there so far. */
export async function readHistory(
  scope: ConversationScope,
  conversation: ConversationRow,
  query: HistoryQuery,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<{ messages: PlacedMessage[]; hasMore: boolean }> {
  const branch = query.branch === undefined ? null : await messageOf(scope, query.branch, deps);
  const before = query.before === undefined ? null : await messageOf(scope, query.before, deps);
  // Upwards from that message, not down from the leaf: a page deep in a long history costs what the first one does.
  const leaf = before === null ? (branch?.id ?? conversation.activeLeafId) : before.parentId;
  if (leaf === null) return { messages: [], hasMore: false };
  const rows = await readBranch(deps.db, scope, leaf, query.limit + 1);
  const hasMore = rows.length > query.limit;
  const shown = hasMore ? rows.slice(1) : rows;
  // Who pages backwards without naming a branch means the active one.
  const isActive = branch === null || branch.id === conversation.activeLeafId;
  const [families, messages] = await Promise.all([
    readFamilies(deps.db, scope, shown, isActive),
    Promise.all(shown.map((row) => soFar(scope, row, deps))),
  ]);
  return {
    messages: messages.map((row) => ({
      row,
      family: families.get(row.id) ?? { siblingIds: [row.id], activeSiblingId: null },
    })),
    hasMore,
  };
}

async function messageOf(
  scope: ConversationScope,
  id: string,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<MessageRow> {
  const row = await readMessage(deps.db, scope, id);
  if (row === null) throw new AppError('not_found', 'This message does not exist in this conversation.');
  return row;
}

async function soFar(
  scope: ConversationScope,
  row: MessageRow,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<MessageRow> {
  if (row.status !== 'streaming') return row;
  const { events } = await readEvents(deps.db, scope, row.id, 0);
  return { ...row, content: textOf(events) };
}
