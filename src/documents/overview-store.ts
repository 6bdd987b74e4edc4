import { and, asc, desc, eq, getTableColumns, gt, ilike, isNull, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { conversations, documents, userCounters, users } from '../db/schema.ts';
import { readAnswerBytes } from '../identity/idempotency-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { DocumentLimits, DocumentRow } from './store.ts';

export type DocumentOrder = 'created' | 'size' | 'name';

export interface DocumentFilter {
  conversationId?: string | undefined;
  status?: DocumentRow['status'] | undefined;
  mediaType?: string | undefined;
  /** A part of the name, in any case. */
  name?: string | undefined;
  /** True: only those whose content the user has elsewhere too. */
  duplicates?: boolean | undefined;
  /** True: only those that no answer has cited. */
  neverCited?: boolean | undefined;
}

/** A document with what is known of it over all conversations. */
export type ListedDocument = DocumentRow & {
  conversationTitle: string;
  /** Others of the user's with the same content. */
  duplicates: number;
};

export interface DocumentPosition {
  key: Date | number | string;
  id: string;
}

/** Every document of the user's in all conversations that are seen; those of templates are in none. */
export async function listAllDocuments(
  db: Database,
  user: UserScope,
  filter: DocumentFilter,
  order: DocumentOrder,
  limit: number,
  after: DocumentPosition | null,
): Promise<ListedDocument[]> {
  const [column, direction] = orders[order];
  return db.reading(user, (tx) =>
    tx
      .select({
        ...getTableColumns(documents),
        conversationTitle: conversations.title,
        duplicates: sql<number>`(${sameContent(user)})::int`,
      })
      .from(documents)
      .innerJoin(conversations, inConversation)
      .where(and(...wanted(user, filter), after === null ? undefined : behind(order, after)))
      .orderBy(direction(column), direction(documents.id))
      .limit(limit),
  );
}

const inConversation = and(
  eq(conversations.userId, documents.userId),
  eq(conversations.id, documents.conversationId),
);
const folded = sql`lower(${documents.name})`;
const orders = {
  created: [documents.createdAt, desc],
  size: [documents.sizeBytes, desc],
  name: [folded, asc],
} as const;

/** By the hash of the content, which an index finds; those of deleted conversations are not seen. */
const sameContent = ({ userId }: UserScope): SQL => sql`SELECT count(*) FROM documents o
  JOIN conversations oc ON oc.user_id = o.user_id AND oc.id = o.conversation_id
  WHERE o.user_id = ${userId}::uuid AND o.sha256 = ${documents.sha256} AND o.id <> ${documents.id} AND oc.status <> 'template'`;

function behind(order: DocumentOrder, { key, id }: DocumentPosition): SQL {
  if (order === 'name') return sql`(${folded}, ${documents.id}) > (lower(${String(key)}::text), ${id}::uuid)`;
  if (order === 'size')
    return sql`(${documents.sizeBytes}, ${documents.id}) < (${Number(key)}::bigint, ${id}::uuid)`;
  const time = key instanceof Date ? key.toISOString() : String(key);
  return sql`(${documents.createdAt}, ${documents.id}) < (${time}::timestamptz, ${id}::uuid)`;
}

function wanted(user: UserScope, filter: DocumentFilter): (SQL | undefined)[] {
  const { conversationId, status, mediaType, name, duplicates, neverCited } = filter;
  return [
    eq(documents.userId, user.userId),
    ne(conversations.status, 'template'),
    user.limitedTo === undefined ? undefined : eq(documents.conversationId, user.limitedTo),
    conversationId === undefined ? undefined : eq(documents.conversationId, conversationId),
    status === undefined ? undefined : eq(documents.status, status),
    mediaType === undefined ? undefined : eq(documents.mediaType, mediaType),
    name === undefined ? undefined : ilike(documents.name, `%${name.replace(/[\\%_]/g, '\\$&')}%`),
    duplicates === undefined
      ? undefined
      : duplicates
        ? gt(sql`(${sameContent(user)})`, 0)
        : eq(sql`(${sameContent(user)})`, 0),
    neverCited === undefined
      ? undefined
      : neverCited
        ? isNull(documents.lastCitedAt)
        : or(gt(documents.lastCitedAt, new Date(0))),
  ];
}

/** What the user's documents take, and may take at most. */
export interface DocumentQuota {
  documents: number;
  maxDocuments: number;
  bytes: number;
  /** Of deleted conversations that are not erased yet: they take room too. */
  deletedBytes: number;
  /** Of answers that are kept for repeats by Idempotency-Key: for a day. */
  answerBytes: number;
  maxBytes: number;
}

export async function readQuota(
  db: Database,
  user: UserScope,
  limits: Pick<DocumentLimits, 'documentsPerUser' | 'bytesPerUser'>,
): Promise<DocumentQuota> {
  const [[row], answerBytes] = await db.reading(user, async (tx) => [
    await tx
      .select({
        documents: userCounters.documents,
        bytes: userCounters.bytes,
        deletedBytes: userCounters.deletedBytes,
        maxDocuments: users.quotaDocuments,
        maxBytes: users.quotaBytes,
      })
      .from(users)
      .innerJoin(userCounters, eq(userCounters.userId, users.id))
      .where(eq(users.id, user.userId)),
    await readAnswerBytes(tx, user),
  ]);
  return {
    answerBytes,
    documents: row?.documents ?? 0,
    bytes: row?.bytes ?? 0,
    deletedBytes: row?.deletedBytes ?? 0,
    maxDocuments: row?.maxDocuments ?? limits.documentsPerUser,
    maxBytes: row?.maxBytes ?? limits.bytesPerUser,
  };
}

/** Of the conversation's documents those whose content was replaced, with the number of what they hold now. */
export async function readVersions(
  db: Database,
  user: UserScope,
  ids: readonly string[],
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const [rows] = await db.read({ userId: user.userId }, [
    {
      name: 'document_versions',
      text: `SELECT id, version FROM documents WHERE user_id = $1 AND id = ANY($2::uuid[]) AND version > 1`,
      values: [user.userId, [...ids]],
    },
  ]);
  return new Map(((rows ?? []) as { id: string; version: number }[]).map(({ id, version }) => [id, version]));
}
