import type { Database } from '../db/database.ts';
import { readVectorsAt } from '../documents/vector-parts-store.ts';
import type { Hit } from './result.ts';
import type { SearchableDocument, SearchScope } from './store.ts';

/** The lists with the first `exact` of each scored by the whole vectors, right to about 0.00001, and in their order. */
export async function rescore(
  db: Database,
  scope: SearchScope,
  documents: readonly SearchableDocument[],
  lists: readonly Hit[][],
  queries: readonly Float32Array[],
  model: string,
  exact: number,
): Promise<Hit[][]> {
  const byId = new Map(documents.map((document) => [document.id, document]));
  const heads = lists.map((hits) => hits.slice(0, exact));
  const names = new Map(
    heads.flat().flatMap(({ documentId, ordinal }) => {
      const document = byId.get(documentId);
      if (document === undefined) return [];
      const { conversationId, chunkCount: count } = document;
      return [[`${documentId}/${ordinal}`, { conversationId, documentId, ordinal, count }] as const];
    }),
  );
  const read = await readVectorsAt(db, scope, [...names.values()], model);
  const vectors = new Map([...names.keys()].map((key, at) => [key, read[at] ?? null]));
  return heads.map((head, at) => {
    const query = queries[at] ?? new Float32Array();
    const length = Math.sqrt(product(query, query));
    const scored = head.map((hit) => {
      const vector = vectors.get(`${hit.documentId}/${hit.ordinal}`) ?? null;
      // What only the database has is scored already.
      if (vector === null || length === 0) return hit;
      return { ...hit, score: product(vector, query) / length };
    });
    return [...scored.toSorted((a, b) => b.score - a.score), ...(lists[at] ?? []).slice(exact)];
  });
}

function product(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += one[at]! * other[at]!;
  return sum;
}
