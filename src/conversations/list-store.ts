import { and, arrayContains, desc, eq, isNotNull, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { conversations } from '../db/schema.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { ConversationRow } from './store.ts';

export type ConversationOrder = 'activity' | 'created' | 'title';

export interface ConversationFilter {
  conversationType?: ConversationRow['conversationType'] | undefined;
  /** `all`: archived ones with the others; `deleted`: those that can still be restored, and only them. */
  status: 'active' | 'archived' | 'all' | 'deleted';
  tag?: string | undefined;
  pinned?: boolean | undefined;
  unread?: boolean | undefined;
  projectId?: string | undefined;
}

/** Where a page of conversations begins: the value that the list is ordered by, a time or a title. */
export interface ConversationPosition {
  pinned: boolean;
  key: Date | string;
  id: string;
}

/** Pinned ones first, then in the order that is asked for, by keyset: the same cost at any depth. */
export async function listConversations(
  db: Database,
  user: UserScope,
  filter: ConversationFilter,
  limit: number,
  after: ConversationPosition | null,
  order: ConversationOrder = 'activity',
): Promise<ConversationRow[]> {
  const { id, pinned } = conversations;
  const authority = { userId: user.userId, showsDeleted: filter.status === 'deleted' };
  return db.reading(authority, (tx) => {
    const rows = tx
      .select()
      .from(conversations)
      .where(and(...wanted(user, filter), after === null ? undefined : behind(order, after)));
    return order === 'title'
      ? rows.orderBy(sql`NOT ${pinned}`, folded, id).limit(limit)
      : rows.orderBy(desc(pinned), desc(timeOf(order)), desc(id)).limit(limit);
  });
}

/** By what titles are ordered. */
const folded = sql`lower(${conversations.title})`;

function timeOf(order: 'activity' | 'created') {
  return order === 'created' ? conversations.createdAt : conversations.activityAt;
}

function behind(order: ConversationOrder, { pinned, key, id }: ConversationPosition): SQL {
  if (order === 'title')
    return sql`(NOT ${conversations.pinned}, ${folded}, ${conversations.id}) > (NOT ${pinned}::boolean, lower(${String(key)}::text), ${id}::uuid)`;
  const time = key instanceof Date ? key.toISOString() : key;
  return sql`(${conversations.pinned}, ${timeOf(order)}, ${conversations.id}) < (${pinned}::boolean, ${time}::timestamptz, ${id}::uuid)`;
}

function wanted(user: UserScope, filter: ConversationFilter): (SQL | undefined)[] {
  const { conversationType, status, tag, pinned, unread, projectId } = filter;
  return [
    eq(conversations.userId, user.userId),
    user.limitedTo === undefined ? undefined : eq(conversations.id, user.limitedTo),
    conversationType === undefined ? undefined : eq(conversations.conversationType, conversationType),
    status === 'deleted'
      ? and(isNotNull(conversations.deletedAt), isNull(conversations.deletedFrom))
      : isNull(conversations.deletedAt),
    status === 'active' || status === 'archived'
      ? eq(conversations.status, status)
      : ne(conversations.status, 'template'),
    pinned === undefined ? undefined : eq(conversations.pinned, pinned),
    unread === undefined ? undefined : eq(conversations.unread, unread),
    projectId === undefined ? undefined : inProject(projectId),
    tag === undefined ? undefined : arrayContains(conversations.tags, [tag]),
  ];
}

function inProject(projectId: string): SQL {
  return projectId === 'none' ? isNull(conversations.projectId) : eq(conversations.projectId, projectId);
}
