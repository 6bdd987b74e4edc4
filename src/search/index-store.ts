import { type SQL, sql } from 'drizzle-orm';
import type { Database, Statement } from '../db/database.ts';
import { isForeignKeyViolation } from '../db/errors.ts';
import { UserScope } from '../identity/user-scope.ts';

/** A text that search does not know yet. */
export interface UnindexedText {
  kind: 'message' | 'chunk' | 'title';
  conversationId: string;
  /** The message, the document of the chunk, or the conversation. */
  id: string;
  ordinal: number | null;
  /** Of the document that a passage is in; null where nobody knows it. */
  language: string | null;
  text: string;
}

export interface IndexedText extends Omit<UnindexedText, 'text'> {
  /** Of a title: the one that the lexemes are of. */
  text: string;
  lexemes: string[];
}

/** So many rows are read for each user that is wanted: most have several waiting. */
const rowsForEach = 20;

/**
 * Users behind `after`, in their order, whose messages or passages wait to be indexed; the worker sees whose they are and
 * nothing more. However much one of them has waiting, the next page begins behind.
 */
export async function usersToIndex(db: Database, after: string, limit: number): Promise<UserScope[]> {
  const most = limit * rowsForEach;
  const pages = await db.asWorker('everybody', async (tx) => {
    const read = async (table: SQL): Promise<string[]> => {
      const { rows } = await tx.execute<{ userId: string }>(
        sql`SELECT user_id AS "userId" FROM ${table} WHERE user_id > ${after}::uuid ORDER BY user_id LIMIT ${most}`,
      );
      return rows.map(({ userId }) => userId);
    };
    return [await read(sql`messages`), await read(sql`chunks`)];
  });
  // Behind the end of a page that is full somebody may be missing.
  const ends = pages.flatMap((page) => (page.length === most ? (page.at(-1) ?? []) : []));
  const users = [...new Set(pages.flat())].filter((user) => ends.every((end) => user <= end)).toSorted();
  return users.slice(0, limit).map((userId) => UserScope.grant(userId));
}

/** Texts that are not indexed, at most so many of each kind. */
export async function readUnindexed(
  db: Database,
  user: UserScope,
  limit: number,
  withTitles: boolean,
): Promise<UnindexedText[]> {
  const [messages = [], chunks = [], titles = []] = await db.read({ userId: user.userId }, [
    {
      name: 'messages_to_index',
      text: `SELECT 'message' AS kind, conversation_id AS "conversationId", id, NULL::int AS ordinal, NULL::text AS language,
          content AS text
        FROM messages WHERE user_id = $1 AND terms IS NULL AND status <> 'streaming' LIMIT $2`,
      values: [user.userId, limit],
    },
    {
      name: 'chunks_to_index',
      text: `SELECT 'chunk' AS kind, k.conversation_id AS "conversationId", k.document_id AS id, k.ordinal, d.language,
          k.content AS text
        FROM chunks k JOIN documents d
          ON d.user_id = k.user_id AND d.conversation_id = k.conversation_id AND d.id = k.document_id
        WHERE k.user_id = $1 AND k.terms IS NULL LIMIT $2`,
      values: [user.userId, limit],
    },
    {
      name: 'titles_to_index',
      text: `SELECT 'title' AS kind, c.id AS "conversationId", c.id, NULL::int AS ordinal, NULL::text AS language,
          c.title AS text
        FROM conversations c LEFT JOIN conversation_terms t ON t.user_id = c.user_id AND t.conversation_id = c.id
        WHERE c.user_id = $1 AND (t.title IS NULL OR t.title <> c.title) LIMIT $2`,
      values: [user.userId, withTitles ? limit : 0],
    },
  ]);
  // The columns are named as the type names them.
  return [...messages, ...chunks, ...titles] as UnindexedText[];
}

/** Keeps the lexemes; a text that has gone meanwhile is passed over. */
export async function writeLexemes(
  db: Database,
  user: UserScope,
  texts: readonly IndexedText[],
): Promise<void> {
  const statements = [
    ...groupsOf(texts, 'message', ({ conversationId }) => conversationId).map((some) =>
      indexMessages(user, some),
    ),
    ...groupsOf(texts, 'chunk', ({ id }) => id).map((some) => indexChunks(user, some)),
    ...groupsOf(texts, 'title', ({ conversationId }) => conversationId).flatMap((some) =>
      some.map((title) => indexTitle(user, title)),
    ),
  ];
  if (statements.length === 0) return;
  const written = db.write({ userId: user.userId }, statements);
  // A conversation went while its title was being indexed: the others are written next time.
  await written.catch((error: unknown) => {
    if (!isForeignKeyViolation(error)) throw error;
  });
}

function groupsOf(
  texts: readonly IndexedText[],
  kind: UnindexedText['kind'],
  by: (text: IndexedText) => string,
): IndexedText[][] {
  return [
    ...Map.groupBy(
      texts.filter((one) => one.kind === kind),
      by,
    ).values(),
  ];
}

/**
 * Of one conversation. A join with what is given would be asked of every machine of a Citus, and so would a sub-select,
 * once the statement has been prepared for long enough to be planned without its values.
 */
function indexMessages({ userId }: UserScope, texts: readonly IndexedText[]): Statement {
  const terms = Object.fromEntries(texts.map((one) => [one.id, tsvectorOf(one.lexemes)]));
  return {
    name: 'index_messages',
    text: `UPDATE messages SET terms = ($4::jsonb ->> id::text)::tsvector
      WHERE user_id = $1 AND conversation_id = $2 AND id = ANY($3::uuid[])`,
    values: [userId, texts[0]?.conversationId, Object.keys(terms), JSON.stringify(terms)],
  };
}

/** Of one document. */
function indexChunks({ userId }: UserScope, texts: readonly IndexedText[]): Statement {
  const terms = Object.fromEntries(texts.map((one) => [String(one.ordinal), tsvectorOf(one.lexemes)]));
  return {
    name: 'index_chunks',
    text: `UPDATE chunks SET terms = ($5::jsonb ->> ordinal::text)::tsvector
      WHERE user_id = $1 AND conversation_id = $2 AND document_id = $3 AND ordinal = ANY($4::int[])`,
    values: [
      userId,
      texts[0]?.conversationId,
      texts[0]?.id,
      Object.keys(terms).map(Number),
      JSON.stringify(terms),
    ],
  };
}

/** As PostgreSQL reads a tsvector without places: each lexeme quoted, whatever is in it. */
function tsvectorOf(lexemes: readonly string[]): string {
  return lexemes.map((one) => `'${one.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`).join(' ');
}

function indexTitle({ userId }: UserScope, { conversationId, text, lexemes }: IndexedText): Statement {
  return {
    name: 'index_title',
    text: `INSERT INTO conversation_terms (user_id, conversation_id, title, terms)
      SELECT user_id, id, $3::text, array_to_tsvector($4::text[]) FROM conversations WHERE user_id = $1 AND id = $2
      ON CONFLICT (user_id, conversation_id) DO UPDATE SET title = excluded.title, terms = excluded.terms`,
    values: [userId, conversationId, text, [...lexemes]],
  };
}
