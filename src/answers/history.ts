import type { PlacedMessage } from '../conversations/append-message.ts';
import { readDown } from '../conversations/branch-store.ts';
import { readFamilies } from '../conversations/family-store.ts';
import { type MessageRow, readBranch, readMessage } from '../conversations/message-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { ConversationRow } from '../conversations/store.ts';
import { AppError } from '../errors.ts';
import type { AnswerDeps } from './deps.ts';
import { soFar } from './so-far.ts';

export interface HistoryQuery {
  limit: number;
  before?: string | undefined;
  branch?: string | undefined;
  around?: string | undefined;
  after?: string | undefined;
}

export interface History {
  messages: PlacedMessage[];
  /** There are older ones. */
  hasMore: boolean;
  /** There are newer ones on their branch. */
  hasLater: boolean;
  /** Where their branch ends. */
  leafId: string | null;
}

/**
 * The newest messages of a branch, or those before, after or around one of them, oldest first; an answer that is being
 * written shows what is there so far.
 * @throws AppError `not_found` when a message that is named is gone, `invalid_request` when several places are
 */
export async function readHistory(
  scope: ConversationScope,
  conversation: ConversationRow,
  query: HistoryQuery,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<History> {
  const { last, leafId, limit } = await placeOf(scope, conversation, query, deps);
  const hasLater = last !== leafId;
  if (last === null || limit === 0) return { messages: [], hasMore: last !== null, hasLater, leafId };
  const rows = await readBranch(deps.db, scope, last, limit + 1);
  const hasMore = rows.length > limit;
  const shown = hasMore ? rows.slice(1) : rows;
  const isActive = leafId === conversation.activeLeafId;
  const [families, messages] = await Promise.all([
    readFamilies(deps.db, scope, shown, isActive),
    Promise.all(shown.map((row) => soFar(deps.db, scope, row))),
  ]);
  return {
    messages: messages.map((row) => ({
      row,
      family: families.get(row.id) ?? { siblingIds: [row.id], activeSiblingId: null },
    })),
    hasMore,
    hasLater,
    leafId,
  };
}

/** `last`: of the page, which goes upwards from there, so that one deep in a long history costs what the newest does. */
interface Place {
  last: string | null;
  leafId: string | null;
  limit: number;
}

async function placeOf(
  scope: ConversationScope,
  { activeLeafId }: ConversationRow,
  { limit, before, branch, around, after }: HistoryQuery,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<Place> {
  const from = around ?? after;
  if (from !== undefined) {
    if (around !== undefined && after !== undefined) throw twoPlaces();
    if (before !== undefined || branch !== undefined) throw twoPlaces();
    const down = await readDown(deps.db, scope, from, activeLeafId);
    const leafId = down.at(-1);
    if (leafId === undefined) throw missing();
    // The message itself is the first of `down`.
    const steps = Math.min(down.length - 1, after === undefined ? Math.floor(limit / 2) : limit);
    return { last: down[steps] ?? leafId, leafId, limit: after === undefined ? limit : steps };
  }
  const leaf = branch === undefined ? null : await messageOf(scope, branch, deps);
  const above = before === undefined ? null : await messageOf(scope, before, deps);
  // Who pages backwards without naming a branch means the active one.
  const leafId = leaf?.id ?? activeLeafId;
  return { last: above === null ? leafId : above.parentId, leafId, limit };
}

function twoPlaces(): AppError {
  return new AppError(
    'invalid_request',
    'Name one of before, after and around; branch goes with before alone.',
  );
}

function missing(): AppError {
  return new AppError('not_found', 'This message does not exist in this conversation.');
}

async function messageOf(
  scope: ConversationScope,
  id: string,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<MessageRow> {
  const row = await readMessage(deps.db, scope, id);
  if (row === null) throw missing();
  return row;
}
