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
  const { rows } = await app.db.pool.query<StoredIndex>(
    `SELECT embedding_model AS model,
       (SELECT coalesce(json_object_agg(model, n), '{}') FROM
         (SELECT model, count(*) AS n FROM chunk_vectors WHERE document_id = d.id GROUP BY model) v) AS vectors,
       (SELECT coalesce(json_agg(kind ORDER BY kind), '[]') FROM segments WHERE document_id = d.id) AS segments
     FROM documents d WHERE id = $1`,
    [documentId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the document is gone');
  return row;
}
