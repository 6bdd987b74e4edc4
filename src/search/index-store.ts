import { sql } from 'drizzle-orm';
import type { Database } from '../db/database.ts';
import { isForeignKeyViolation } from '../db/errors.ts';
import { UserScope } from '../identity/user-scope.ts';

/** A text that search does not know yet. */
export interface UnindexedText {
  kind: 'message' | 'chunk' | 'title';
  conversationId: string;
  /** The message, the document of the chunk, or the conversation. */
  id: string;
  ordinal: number | null;
  text: string;
}

export interface IndexedText extends Omit<UnindexedText, 'text'> {
  /** Of a title: the one that the lexemes are of. */
  text: string;
  lexemes: string[];
}

/** Users whose messages or passages wait to be indexed; the worker sees whose they are and nothing more. */
export async function usersToIndex(db: Database, limit: number): Promise<UserScope[]> {
  const { rows } = await db.asWorker('everybody', (tx) =>
    tx.execute<{ userId: string }>(sql`
      SELECT DISTINCT user_id AS "userId" FROM (
        (SELECT user_id FROM messages LIMIT ${limit * 100}) UNION ALL (SELECT user_id FROM chunks LIMIT ${limit * 100})
      ) waiting LIMIT ${limit}`),
  );
  return rows.map(({ userId }) => UserScope.grant(userId));
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
      text: `SELECT 'message' AS kind, conversation_id AS "conversationId", id, NULL::int AS ordinal, content AS text
        FROM messages WHERE user_id = $1 AND terms IS NULL AND status <> 'streaming' LIMIT $2`,
      values: [user.userId, limit],
    },
    {
      name: 'chunks_to_index',
      text: `SELECT 'chunk' AS kind, conversation_id AS "conversationId", document_id AS id, ordinal, content AS text
        FROM chunks WHERE user_id = $1 AND terms IS NULL LIMIT $2`,
      values: [user.userId, limit],
    },
    {
      name: 'titles_to_index',
      text: `SELECT 'title' AS kind, c.id AS "conversationId", c.id, NULL::int AS ordinal, c.title AS text
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
  const of = (kind: UnindexedText['kind']) => texts.filter((one) => one.kind === kind);
  const json = (kind: UnindexedText['kind']): string =>
    JSON.stringify(
      of(kind).map(({ conversationId, id, ordinal, text, lexemes }) => ({
        c: conversationId,
        i: id,
        o: ordinal,
        t: kind === 'title' ? text : '',
        l: lexemes,
      })),
    );
  const given = `jsonb_to_recordset($2::jsonb) AS g(c uuid, i uuid, o int, t text, l text[])`;
  const statements = [
    {
      kind: 'message' as const,
      name: 'index_messages',
      text: `UPDATE messages m SET terms = array_to_tsvector(g.l) FROM ${given}
        WHERE m.user_id = $1 AND m.id = g.i AND m.conversation_id = g.c`,
    },
    {
      kind: 'chunk' as const,
      name: 'index_chunks',
      text: `UPDATE chunks k SET terms = array_to_tsvector(g.l) FROM ${given}
        WHERE k.user_id = $1 AND k.conversation_id = g.c AND k.document_id = g.i AND k.ordinal = g.o`,
    },
    {
      kind: 'title' as const,
      name: 'index_titles',
      text: `INSERT INTO conversation_terms (user_id, conversation_id, title, terms)
        SELECT c.user_id, c.id, g.t, array_to_tsvector(g.l) FROM ${given}
        JOIN conversations c ON c.user_id = $1 AND c.id = g.c
        ON CONFLICT (user_id, conversation_id) DO UPDATE SET title = excluded.title, terms = excluded.terms`,
    },
  ].filter(({ kind }) => of(kind).length > 0);
  if (statements.length === 0) return;
  const written = db.write(
    { userId: user.userId },
    statements.map(({ kind, name, text }) => ({ name, text, values: [user.userId, json(kind)] })),
  );
  // A conversation went while its title was being indexed: the others are written next time.
  await written.catch((error: unknown) => {
    if (!isForeignKeyViolation(error)) throw error;
  });
}
