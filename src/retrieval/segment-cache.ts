import type { Database } from '../db/database.ts';
import { keywordKind, readSegments, vectorKind } from '../documents/index-store.ts';
import { openSegment, type Segment, UnreadableSegment } from '../indexing/segment.ts';
import { type LoadedVectors, VectorArena } from '../indexing/vector-arena.ts';
import { openVectors, type VectorSegment } from '../indexing/vectors.ts';
import { SizedLru } from './lru.ts';
import type { SearchableDocument, SearchScope } from './store.ts';

/** An opened segment reads its bytes in place; this much more is held for each. */
const overheadBytes = 2_000;

export type NamedDocument = Pick<SearchableDocument, 'id' | 'conversationId' | 'revision'>;
export interface Loaded<Opened> {
  document: NamedDocument;
  segment: Opened;
}

/** Opened index segments, in bounded memory. A document without one, or whose vectors cannot be read, is left out. */
export interface SegmentCache {
  keyword(scope: SearchScope, documents: readonly NamedDocument[]): Promise<Loaded<Segment>[]>;
  /** Loads the vectors and hands them to `scan`, which must be done with them when it returns. */
  vectors<T>(
    scope: SearchScope,
    documents: readonly NamedDocument[],
    model: string,
    scan: (arena: VectorArena, loaded: readonly Loaded<LoadedVectors>[]) => T,
  ): Promise<T>;
  readonly maxBytes: number;
  readonly bytes: number;
}

/** Keyed by user, conversation and document, and asked only for documents that a scoped query has just named. */
export function createSegmentCache(db: Database, maxBytes: number): SegmentCache {
  const arena = new VectorArena();
  let scans = 0;
  let leaving: LoadedVectors[] = [];
  const keywords = new SizedLru<Segment>(maxBytes / 2);
  const vectors = new SizedLru<LoadedVectors>(maxBytes / 2, (gone) => leaving.push(gone));

  /** Vectors that left the cache may be in the hands of a scan that is about to run: they go when none is. */
  function releaseWhenQuiet(): void {
    if (scans > 0) return;
    for (const gone of leaving) arena.release(gone);
    leaving = [];
  }

  async function load<Opened>(
    cache: SizedLru<Opened>,
    scope: SearchScope,
    documents: readonly NamedDocument[],
    kind: string,
    open: (bytes: Uint8Array) => { opened: Opened; size: number } | null,
  ): Promise<Loaded<Opened>[]> {
    const keyOf = (one: NamedDocument): string =>
      `${scope.userId}/${one.conversationId}/${one.id}/${kind}/${one.revision}`;
    const found = new Map<string, Opened>();
    const missing: NamedDocument[] = [];
    for (const one of documents) {
      const segment = cache.get(keyOf(one));
      if (segment === undefined) missing.push(one);
      else found.set(one.id, segment);
    }
    if (missing.length > 0) {
      const wanted = missing.map((one) => ({ conversationId: one.conversationId, documentId: one.id }));
      const keys = new Map(missing.map((one) => [one.id, keyOf(one)]));
      for (const row of await readSegments(db, scope, wanted, kind)) {
        const one = open(row.bytes);
        if (one === null) continue;
        found.set(row.documentId, one.opened);
        cache.set(keys.get(row.documentId) ?? '', one.opened, one.size + overheadBytes);
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
      return keywords.size + vectors.size;
    },
    keyword: (scope, documents) =>
      load(keywords, scope, documents, keywordKind, (bytes) => ({
        opened: openSegment(bytes),
        size: bytes.length,
      })),
    async vectors(scope, documents, model, scan) {
      scans += 1;
      try {
        const loaded = await load(vectors, scope, documents, vectorKind(model), (bytes) => {
          const segment = readVectors(bytes);
          if (segment === null) return null;
          const opened = arena.load(segment);
          return { opened, size: opened.bytes };
        });
        return scan(arena, loaded);
      } finally {
        scans -= 1;
        releaseWhenQuiet();
      }
    },
  };
}

/** Null for another version or a damaged segment: the database has the vectors themselves. */
function readVectors(bytes: Uint8Array): VectorSegment | null {
  try {
    return openVectors(bytes);
  } catch (error) {
    if (error instanceof UnreadableSegment) return null;
    throw error;
  }
}
