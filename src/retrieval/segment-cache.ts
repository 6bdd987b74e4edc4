import type { Database } from '../db/database.ts';
import { keywordKind, readSegments } from '../documents/index-store.ts';
import { openSegment, type Segment } from '../indexing/segment.ts';
import { SizedLru } from './lru.ts';
import { authorityOf, type SearchableDocument, type SearchScope } from './store.ts';

/** An opened segment reads its bytes in place; this much more is held for each. */
const overheadBytes = 2_000;

export interface SegmentCache {
  /** The opened keyword segments of these documents, in their order; a document without one is left out. */
  load(scope: SearchScope, documents: readonly Named[]): Promise<{ document: Named; segment: Segment }[]>;
  readonly bytes: number;
}

type Named = Pick<SearchableDocument, 'id' | 'conversationId'>;

/** Keyed by user, conversation and document, and asked only for documents that a scoped query has just named. */
export function createSegmentCache(db: Database, maxBytes: number): SegmentCache {
  const opened = new SizedLru<Segment>(maxBytes);
  return {
    get bytes() {
      return opened.size;
    },
    async load(scope, documents) {
      const keyOf = (one: Named): string => `${scope.userId}/${one.conversationId}/${one.id}`;
      const found = new Map<string, Segment>();
      for (const one of documents) {
        const segment = opened.get(keyOf(one));
        if (segment !== undefined) found.set(one.id, segment);
      }
      const missing = documents.filter((one) => !found.has(one.id));
      const wanted = missing.map((one) => ({ conversationId: one.conversationId, documentId: one.id }));
      const keys = new Map(missing.map((one) => [one.id, keyOf(one)]));
      for (const row of await readSegments(db, authorityOf(scope), wanted, keywordKind)) {
        const segment = openSegment(row.bytes);
        found.set(row.documentId, segment);
        opened.set(keys.get(row.documentId) ?? '', segment, row.bytes.length + overheadBytes);
      }
      return documents.flatMap((document) => {
        const segment = found.get(document.id);
        return segment === undefined ? [] : [{ document, segment }];
      });
    },
  };
}
