import type { SearchPlace } from '@alcove/contract';
import type { Database, Statement } from '../db/database.ts';
import { authorityOf, type SearchScope } from '../retrieval/store.ts';
import type { SearchFilter } from './parse-query.ts';

/** A row that holds some of the words. */
export interface Candidate {
  place: SearchPlace;
  conversationId: string;
  /** The message, the document of a passage, or the conversation. */
  id: string;
  ordinal: number | null;
  /** Different lexemes in it. */
  length: number;
  /** Which words of the query it holds. */
  holds: boolean[];
}

/** Only these are counted of a word: more is "often". */
export const countedRows = 1_000;
/** Rows that are ranked; of words that stand everywhere the newest. */
const candidateRows = 1_000;
/** So many rows tell which of some words there are. */
const rowsWithTypos = 50;

interface Table {
  from: string;
  terms: string;
  id: string;
  ordinal: string;
  newest: string;
  where(filter: SearchFilter, values: unknown[]): string;
}

const tables: Record<SearchPlace, Table> = {
  messages: {
    from: 'messages t',
    terms: 't.terms',
    id: 't.id',
    ordinal: 'NULL::int',
    newest: 't.id DESC',
    where: (filter, values) =>
      filter.role === undefined ? '' : ` AND t.role = $${values.push(filter.role)}`,
  },
  documents: {
    from: 'chunk_terms t',
    terms: 't.terms',
    id: 't.document_id',
    ordinal: 't.ordinal',
    newest: 't.document_id DESC, t.ordinal',
    where: () => '',
  },
  titles: {
    from: 'conversation_terms t',
    terms: 't.terms',
    id: 't.conversation_id',
    ordinal: 'NULL::int',
    newest: 't.conversation_id DESC',
    where: () => '',
  },
};

/** How many rows hold each of the words, counted up to `countedRows`. */
export async function countHolding(
  db: Database,
  scope: SearchScope,
  place: SearchPlace,
  words: readonly string[],
  filter: SearchFilter,
): Promise<number[]> {
  const values: unknown[] = [];
  const where = conditions(scope, place, filter, values);
  const { from, terms } = tables[place];
  const counts = words.map(
    (word, at) =>
      `(SELECT count(*) FROM (SELECT 1 FROM ${from} WHERE ${where} AND ${terms} @@ $${values.push(word)}::tsquery LIMIT ${countedRows}) c${at})::int AS n${at}`,
  );
  const rows = await readUncompiled(db, scope, `SELECT ${counts.join(', ')}`, values);
  const [row = {}] = rows as Record<string, number>[];
  return words.map((_, at) => row[`n${at}`] ?? 0);
}

/** Which of the words there are: those of typos, of which hardly any is one. Each query asks for some of them. */
export async function readExisting(
  db: Database,
  scope: SearchScope,
  place: SearchPlace,
  lexemes: readonly string[],
  queries: readonly string[],
  filter: SearchFilter,
): Promise<string[]> {
  const values: unknown[] = [lexemes];
  const where = conditions(scope, place, filter, values);
  const { from, terms } = tables[place];
  // One query for all would seem dearer to the planner than reading every row.
  const held = queries.map(
    (query) =>
      `(SELECT ${terms} AS terms FROM ${from} WHERE ${where} AND ${terms} @@ $${values.push(query)}::tsquery LIMIT ${rowsWithTypos})`,
  );
  const text = `SELECT DISTINCT lexeme FROM (${held.join(' UNION ALL ')}) held, unnest(tsvector_to_array(held.terms)) AS lexeme
    WHERE lexeme = ANY($1::text[])`;
  const rows = await readUncompiled(db, scope, text, values);
  return (rows as { lexeme: string }[]).map(({ lexeme }) => lexeme);
}

/** The rows that `needed` finds, each with which of the words it holds. */
export async function readCandidates(
  db: Database,
  scope: SearchScope,
  place: SearchPlace,
  needed: string,
  words: readonly string[],
  filter: SearchFilter,
): Promise<Candidate[]> {
  const values: unknown[] = [];
  const where = conditions(scope, place, filter, values);
  const { from, terms, id, ordinal, newest } = tables[place];
  const holds = words.map((word) => `${terms} @@ $${values.push(word)}::tsquery`);
  const text = `SELECT t.conversation_id AS "conversationId", ${id} AS id, ${ordinal} AS ordinal,
      length(${terms}) AS length, ARRAY[${holds.join(', ')}]::boolean[] AS holds
    FROM ${from} WHERE ${where} AND ${terms} @@ $${values.push(needed)}::tsquery
    ORDER BY ${newest} LIMIT ${candidateRows}`;
  const rows = await readUncompiled(db, scope, text, values);
  return (rows as Omit<Candidate, 'place'>[]).map((row) => ({ ...row, place }));
}

/** Of one user, inside the asked conversation, as the filters say. `values` takes the parameters. */
function conditions(scope: SearchScope, place: SearchPlace, filter: SearchFilter, values: unknown[]): string {
  const { userId, conversationId } = authorityOf(scope);
  const where = [`t.user_id = $${values.push(userId)}`];
  if (conversationId !== undefined) where.push(`t.conversation_id = $${values.push(conversationId)}`);
  const of: string[] = [];
  const time = place === 'messages' ? 't.created_at' : 'c.activity_at';
  const times = place === 'messages' ? where : of;
  if (filter.before !== undefined) times.push(`${time} < $${values.push(filter.before)}`);
  if (filter.after !== undefined) times.push(`${time} >= $${values.push(filter.after)}`);
  if (filter.hasDocument) of.push('c.document_count > 0');
  if (filter.tags.length > 0) of.push(`c.tags @> $${values.push(filter.tags)}::text[]`);
  if (of.length > 0)
    where.push(
      `EXISTS (SELECT 1 FROM conversations c WHERE c.user_id = t.user_id AND c.id = t.conversation_id AND ${of.join(' AND ')})`,
    );
  return `${where.join(' AND ')}${tables[place].where(filter, values)}`;
}

export interface FoundText extends Omit<Candidate, 'holds' | 'length'> {
  conversationTitle: string;
  text: string;
  role: 'user' | 'assistant' | 'system' | null;
  documentName: string | null;
  chunkId: string | null;
  page: number | null;
  charStart: number | null;
  createdAt: Date;
}

/** Longer texts are judged by their beginning. */
const readCharacters = 20_000;

/** What the best candidates say, as far as it is still there. */
export async function readFound(
  db: Database,
  scope: SearchScope,
  candidates: readonly Candidate[],
): Promise<FoundText[]> {
  const authority = authorityOf(scope);
  const of = (place: SearchPlace) => candidates.filter((one) => one.place === place);
  const ids = (place: SearchPlace): string[] => of(place).map(({ id }) => id);
  const chunks = of('documents');
  const statements: Statement[] = [
    unnamed(
      `SELECT 'messages' AS place, t.conversation_id AS "conversationId", t.id, NULL::int AS ordinal, c.title AS "conversationTitle",
        left(t.content, ${readCharacters}) AS text, t.role, NULL AS "documentName", NULL AS "chunkId", NULL::int AS page,
        NULL::int AS "charStart", t.created_at AS "createdAt"
      FROM messages t JOIN conversations c ON c.user_id = t.user_id AND c.id = t.conversation_id
      WHERE t.user_id = $1 AND t.id = ANY($2::uuid[]) AND c.status <> 'template'`,
      [authority.userId, ids('messages')],
    ),
    unnamed(
      `SELECT 'titles' AS place, c.id AS "conversationId", c.id, NULL::int AS ordinal, c.title AS "conversationTitle", c.title AS text,
        NULL AS role, NULL AS "documentName", NULL AS "chunkId", NULL::int AS page, NULL::int AS "charStart", c.created_at AS "createdAt"
      FROM conversations c WHERE c.user_id = $1 AND c.id = ANY($2::uuid[]) AND c.status <> 'template'`,
      [authority.userId, ids('titles')],
    ),
    unnamed(
      `SELECT 'documents' AS place, t.conversation_id AS "conversationId", t.document_id AS id, t.ordinal,
        c.title AS "conversationTitle", left(t.content, ${readCharacters}) AS text, NULL AS role, d.name AS "documentName",
        t.id AS "chunkId", t.page, t.char_start AS "charStart", d.created_at AS "createdAt"
      FROM unnest($2::uuid[], $3::uuid[], $4::int[]) AS wanted(c, d, o)
      JOIN chunks t ON t.user_id = $1 AND t.conversation_id = wanted.c AND t.document_id = wanted.d AND t.ordinal = wanted.o
      JOIN documents d ON d.user_id = t.user_id AND d.conversation_id = t.conversation_id AND d.id = t.document_id
      JOIN conversations c ON c.user_id = t.user_id AND c.id = t.conversation_id
      WHERE d.status = 'ready' AND c.status <> 'template'`,
      [
        authority.userId,
        chunks.map(({ conversationId }) => conversationId),
        chunks.map(({ id }) => id),
        chunks.map(({ ordinal }) => ordinal),
      ],
    ),
  ];
  return (await db.read(authority, statements)).flat() as FoundText[];
}

/** Names are few beside passages: more are not looked through. */
const namesRead = 5_000;

/** Names of ready documents, the newest first. */
export async function readNames(
  db: Database,
  scope: SearchScope,
  filter: SearchFilter,
): Promise<FoundText[]> {
  const values: unknown[] = [];
  const where = conditions(scope, 'documents', filter, values);
  const text = `SELECT 'documents' AS place, t.conversation_id AS "conversationId", t.id, NULL::int AS ordinal,
      o.title AS "conversationTitle", t.name AS text, NULL AS role, t.name AS "documentName", NULL AS "chunkId",
      NULL::int AS page, NULL::int AS "charStart", t.created_at AS "createdAt"
    FROM documents t JOIN conversations o ON o.user_id = t.user_id AND o.id = t.conversation_id
    WHERE ${where} AND o.status <> 'template' ORDER BY t.id DESC LIMIT ${namesRead}`;
  const rows = await readUncompiled(db, scope, text, values);
  return rows as FoundText[];
}

/** PostgreSQL expects far more rows than there are and would compile such a statement first, for seconds. */
async function readUncompiled(
  db: Database,
  scope: SearchScope,
  text: string,
  values: unknown[],
): Promise<unknown[]> {
  const statements = [unnamed('SET LOCAL jit = off', []), unnamed(text, values)];
  const [, rows = []] = await db.read(authorityOf(scope), statements);
  return rows;
}

/** Each filter makes another text: planned anew each time instead of prepared. */
function unnamed(text: string, values: unknown[]): Statement {
  return { name: '', text, values };
}
