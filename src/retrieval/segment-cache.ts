import type { Database } from '../db/database.ts';
import { keywordKind, readSegments, vectorKind } from '../documents/index-store.ts';
import { openSegment, type Segment } from '../indexing/segment.ts';
import { openVectors, type VectorSegment } from '../indexing/vectors.ts';
import { SizedLru } from './lru.ts';
import { authorityOf, type SearchableDocument, type SearchScope } from './store.ts';

/** An opened segment reads its bytes in place; this much more is held for each. */
const overheadBytes = 2_000;

export type NamedDocument = Pick<SearchableDocument, 'id' | 'conversationId'>;
export interface Loaded<Opened> {
  document: NamedDocument;
  segment: Opened;
}

/** Opened index segments, in bounded memory. A document without a segment is left out of the answer. */
export interface SegmentCache {
  keyword(scope: SearchScope, documents: readonly NamedDocument[]): Promise<Loaded<Segment>[]>;
  vectors(scope: SearchScope, documents: readonly NamedDocument[], model: string): Promise<Loaded<VectorSegment>[]>;
  readonly maxBytes: number;
  readonly bytes: number;
}

/** Keyed by user, conversation and document, and asked only for documents that a scoped query has just named. */
export function createSegmentCache(db: Database, maxBytes: number): SegmentCache {
  const opened = new SizedLru<Segment | VectorSegment>(maxBytes);

  async function load<Opened extends Segment | VectorSegment>(
    scope: SearchScope,
    documents: readonly NamedDocument[],
    kind: string,
    open: (bytes: Uint8Array) => Opened,
  ): Promise<Loaded<Opened>[]> {
    const keyOf = (one: NamedDocument): string => `${scope.userId}/${one.conversationId}/${one.id}/${kind}`;
    const found = new Map<string, Opened>();
    const missing: NamedDocument[] = [];
    for (const one of documents) {
      // Safe: a key ends with its kind, and each kind is opened by one function.
      const segment = opened.get(keyOf(one)) as Opened | undefined;
      if (segment === undefined) missing.push(one);
      else found.set(one.id, segment);
    }
    if (missing.length > 0) {
      const wanted = missing.map((one) => ({ conversationId: one.conversationId, documentId: one.id }));
      const keys = new Map(missing.map((one) => [one.id, keyOf(one)]));
      for (const row of await readSegments(db, authorityOf(scope), wanted, kind)) {
        const segment = open(row.bytes);
        found.set(row.documentId, segment);
        opened.set(keys.get(row.documentId) ?? '', segment, row.bytes.length + overheadBytes);
      }
    }
    return documents.flatMap((document) => {
      const segment = found.get(document.id);
      return segment === undefined ? [] : [{ document, segment }];
    });
  }

  return {
    maxBytes,
    get bytes() {
      return opened.size;
    },
    keyword: (scope, documents) => load(scope, documents, keywordKind, openSegment),
    vectors: (scope, documents, model) => load(scope, documents, vectorKind(model), openVectors),
  };
}
