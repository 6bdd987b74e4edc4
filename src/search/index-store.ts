import type { SearchPlace } from '@alcove/contract';
import { type SQL, sql } from 'drizzle-orm';
import type { Database, Statement } from '../db/database.ts';
import { isForeignKeyViolation } from '../db/errors.ts';
import { UserScope } from '../identity/user-scope.ts';

/** A text that search does not know yet. */
export interface UnindexedText {
  place: SearchPlace;
  conversationId: string;
  /** The message, the document of the passage, or the conversation. */
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

/** Which passages of a document come next: from the first of them up to, not including, the last. */
export interface PassageRange {
  conversationId: string;
  id: string;
  /** Of the document when it was read: what has changed since is indexed by somebody who sees it. */
  revision: number;
  language: string | null;
  from: number;
  to: number;
}

export interface Unindexed {
  texts: UnindexedText[];
  ranges: PassageRange[];
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
    const read = async (waiting: SQL): Promise<string[]> => {
      const { rows } = await tx.execute<{ userId: string }>(
        sql`SELECT user_id AS "userId" FROM ${waiting} AND user_id > ${after}::uuid ORDER BY user_id LIMIT ${most}`,
      );
      return rows.map(({ userId }) => userId);
    };
    return [
      // The worker's policy shows it no others.
      await read(sql`messages WHERE true`),
      await read(sql`documents WHERE status = 'ready' AND searchable_chunks < chunk_count`),
    ];
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
): Promise<Unindexed> {
  const [messages = [], documents = [], titles = []] = await db.read({ userId: user.userId }, [
    {
      name: 'messages_to_index',
      text: `SELECT 'messages' AS place, conversation_id AS "conversationId", id, NULL::int AS ordinal, NULL::text AS language,
          content AS text
        FROM messages WHERE user_id = $1 AND terms IS NULL AND status <> 'streaming' LIMIT $2`,
      values: [user.userId, limit],
    },
    {
      name: 'documents_to_index',
      text: `SELECT conversation_id AS "conversationId", id, revision, language, searchable_chunks AS "from", chunk_count AS "to"
        FROM documents WHERE user_id = $1 AND status = 'ready' AND searchable_chunks < chunk_count LIMIT $2`,
      values: [user.userId, limit],
    },
    {
      name: 'titles_to_index',
      text: `SELECT 'titles' AS place, c.id AS "conversationId", c.id, NULL::int AS ordinal, NULL::text AS language,
          c.title AS text
        FROM conversations c LEFT JOIN conversation_terms t ON t.user_id = c.user_id AND t.conversation_id = c.id
        WHERE c.user_id = $1 AND (t.title IS NULL OR t.title <> c.title) LIMIT $2`,
      values: [user.userId, withTitles ? limit : 0],
    },
  ]);
  // The columns are named as the types name them.
  const ranges = firstOf(documents as PassageRange[], limit);
  const passages = await readPassages(db, user, ranges);
  return { texts: [...messages, ...passages, ...titles] as UnindexedText[], ranges };
}

/** So many passages of them. */
function firstOf(waiting: readonly PassageRange[], limit: number): PassageRange[] {
  let left = limit;
  return waiting.flatMap((range) => {
    const to = Math.min(range.to, range.from + left);
    left -= to - range.from;
    return to > range.from ? [{ ...range, to }] : [];
  });
}

async function readPassages(
  db: Database,
  { userId }: UserScope,
  ranges: readonly PassageRange[],
): Promise<unknown[]> {
  if (ranges.length === 0) return [];
  const [, rows = []] = await db.read({ userId }, [
    // PostgreSQL expects far more rows than there are and would compile the statement first.
    { name: '', text: 'SET LOCAL jit = off', values: [] },
    {
      name: '',
      text: `SELECT 'documents' AS place, k.conversation_id AS "conversationId", k.document_id AS id, k.ordinal, r.language,
          k.content AS text
        FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::text[]) AS r (conversation, document, low, high, language)
        JOIN chunks k ON k.user_id = $1 AND k.conversation_id = r.conversation AND k.document_id = r.document
          AND k.ordinal >= r.low AND k.ordinal < r.high
        ORDER BY k.document_id, k.ordinal`,
      values: [
        userId,
        ranges.map(({ conversationId }) => conversationId),
        ranges.map(({ id }) => id),
        ranges.map(({ from }) => from),
        ranges.map(({ to }) => to),
        ranges.map(({ language }) => language),
      ],
    },
  ]);
  return rows;
}

/** Keeps the lexemes of texts, and that search knows the passages of these ranges; what has gone or changed is passed over. */
export async function writeLexemes(
  db: Database,
  user: UserScope,
  texts: readonly IndexedText[],
  ranges: readonly PassageRange[],
): Promise<void> {
  const of = (place: SearchPlace) => texts.filter((one) => one.place === place);
  const messages = Map.groupBy(of('messages'), ({ conversationId }) => conversationId);
  const statements = [
    // In the order in which all others lock: a conversation, its documents, its messages.
    ...of('titles').map((title) => indexTitle(user, title)),
    ...indexPassages(user, of('documents'), ranges),
    ...[...messages.values()].map((some) => indexMessages(user, some)),
  ];
  if (statements.length === 0) return;
  const written = db.write({ userId: user.userId }, statements);
  // A conversation went while its title was being indexed: the others are written next time.
  await written.catch((error: unknown) => {
    if (!isForeignKeyViolation(error)) throw error;
  });
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

/**
 * Whoever writes a document's passages anew locks it first, and waits for this or is waited for: what follows sees the
 * revision that counts. The lock lets all other changes of a document pass, for lexemes take long to write.
 */
function indexPassages(
  { userId }: UserScope,
  texts: readonly IndexedText[],
  ranges: readonly PassageRange[],
): Statement[] {
  if (ranges.length === 0) return [];
  const revisions = new Map(
    ranges.map(({ conversationId, id, revision }) => [conversationId + id, revision]),
  );
  return [
    {
      name: 'lock_to_index',
      text: 'SELECT id FROM documents WHERE user_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR KEY SHARE',
      values: [userId, ranges.map(({ id }) => id)],
    },
    {
      // Unnamed, so that it is planned with its values: one machine of a Citus is asked.
      name: '',
      text: `INSERT INTO chunk_terms (user_id, conversation_id, document_id, ordinal, terms)
        SELECT d.user_id, d.conversation_id, d.id, m.ordinal, m.terms::tsvector
        FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::int[], $6::text[]) AS m (conversation, document, revision, ordinal, terms)
        JOIN documents d ON d.user_id = $1 AND d.conversation_id = m.conversation AND d.id = m.document
          AND d.revision = m.revision
        ORDER BY m.document, m.ordinal
        ON CONFLICT DO NOTHING`,
      values: [
        userId,
        texts.map(({ conversationId }) => conversationId),
        texts.map(({ id }) => id),
        texts.map(({ conversationId, id }) => revisions.get(conversationId + id)),
        texts.map(({ ordinal }) => ordinal),
        texts.map(({ lexemes }) => tsvectorOf(lexemes)),
      ],
    },
    ...ranges
      .toSorted((one, other) => (one.id < other.id ? -1 : 1))
      .map((range) => countSearchable(userId, range)),
  ];
}

/** Another may have written the same; one that has been moved away and back meanwhile begins again. */
function countSearchable(
  userId: string,
  { conversationId, id, revision, from, to }: PassageRange,
): Statement {
  return {
    name: 'count_searchable',
    text: `UPDATE documents SET searchable_chunks = $6
      WHERE user_id = $1 AND conversation_id = $2 AND id = $3 AND revision = $4 AND searchable_chunks BETWEEN $5 AND $6`,
    values: [userId, conversationId, id, revision, from, to],
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
