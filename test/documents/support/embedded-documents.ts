import type { Document } from '@alcove/contract';
import type { Person, TestApp } from '../../support/app.ts';
import type { Provider, ReceivedRequest } from '../../support/provider.ts';

/** About `passages` passages, each with a word of its own: `marker17` stands in one place only. */
export function longText(passages: number): string {
  return Array.from({ length: passages }, (_, at) => {
    const filler = Array.from(
      { length: 60 },
      (_each, word) => `The keeper of station ${at} wrote entry ${word} into the book.`,
    );
    return `# Station ${at}\n\nHere is marker${at}. ${filler.join(' ')}`;
  }).join('\n\n');
}

/** Adds a text to the conversation without waiting for it. */
export async function startText(
  person: Person,
  conversationId: string,
  text: string,
  name = 'book.md',
): Promise<Document> {
  const { body } = await person.json<{ document: Document }>(
    'POST',
    `/conversations/${conversationId}/documents`,
    { name, text },
  );
  return body.document;
}

export async function readDocument(person: Person, id: string): Promise<Document> {
  return (await person.json<Document>('GET', `/documents/${id}`)).body;
}

/** Texts that were embedded with the model, in the order in which they came. */
export function embeddedTexts(provider: Provider, model: string): string[] {
  return embeddingRequests(provider, model).flatMap(({ body }) => body['input'] as string[]);
}

export function embeddingRequests(provider: Provider, model: string): ReceivedRequest[] {
  return provider.requests.filter(
    ({ path, body }) => path.endsWith('/embeddings') && body['model'] === model,
  );
}

export interface StoredIndex {
  /** The document's own record of its model. */
  model: string | null;
  /** Vectors by model, and the kinds of its segments. */
  vectors: Record<string, number>;
  segments: string[];
}

/** What the database holds of a document, over all of its models. */
export async function storedIndex({ app }: TestApp, documentId: string): Promise<StoredIndex> {
  // One after the other: no query of Citus joins what is not told to lie together.
  const read = async <Row>(text: string) => (await app.db.pool.query(text, [documentId])).rows as Row[];
  const [row] = await read<{ model: string | null }>(
    'SELECT embedding_model AS model FROM documents WHERE id = $1',
  );
  const vectors = await read<{ model: string; n: number }>(
    'SELECT model, count(*)::int AS n FROM chunk_vectors WHERE document_id = $1 GROUP BY model',
  );
  const segments = await read<{ kind: string }>(
    'SELECT kind FROM segments WHERE document_id = $1 ORDER BY kind',
  );
  if (row === undefined) throw new Error('the document is gone');
  return {
    model: row.model,
    vectors: Object.fromEntries(vectors.map(({ model, n }) => [model, n])),
    segments: segments.map(({ kind }) => kind),
  };
}
