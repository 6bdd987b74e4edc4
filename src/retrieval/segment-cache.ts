import type { Database } from '../db/database.ts';
import { keywordKind, vectorKind } from '../documents/segment-kinds.ts';
import { readSegmentSizes } from '../documents/segment-store.ts';
import { readVectorRows } from '../documents/vector-parts-store.ts';
import { prepareIndexAgain } from '../indexing/prepare.ts';
import { openSegment, type Segment, UnreadableSegment } from '../indexing/segment.ts';
import { type LoadedVectors, rowBytes, VectorArena, vectorBytes } from '../indexing/vector-arena.ts';
import { openRows, openVectors, type VectorSegment } from '../indexing/vectors.ts';
import { groupWithin, inLanes } from './group-within.ts';
import { holding, inOrder, type Loaded, type NamedDocument, type WantedSegment } from './hold-segments.ts';
import { type Lease, PinnedCache } from './pinned-cache.ts';
import { createReader } from './read-together.ts';
import { readIndexedChunks, type SearchScope } from './store.ts';

/** An opened segment reads its bytes in place; this much more is held for each. */
const overheadBytes = 2_000;
/** A segment that has to be built anew from its chunks takes about this much for each of their tokens. */
const bytesPerToken = 8;
/** Of the bound, so much is read at once: what comes from the database takes thrice its length until it is opened. */
const shareAtOnce = 1 / 16;
/** Of the bound, so much at most is kept of one question's vectors: those of a large conversation would displace all others. */
const largestShare = 0.25;

/** Vectors that are not whole have no residuals: their scores are right to about 0.002. */
export type VectorScan<T> = (
  arena: VectorArena,
  loaded: readonly Loaded<LoadedVectors>[],
  areWhole: boolean,
) => T;

export interface SegmentCacheOptions {
  /** Told of every segment that cannot be read, or is not stored: it should be built anew. */
  onUnreadable?: (scope: SearchScope, document: NamedDocument, kind: string, isStored: boolean) => void;
}

/**
 * Opened index segments in bounded memory: what is cached, in use and being loaded counts, and stays within `maxBytes`
 * but for a single document that is larger. A keyword segment that cannot be read is built anew from the chunks.
 */
export interface SegmentCache {
  /**
   * Hands the keyword segments to each of the passes, in the order of the documents: all of them, or where they do not
   * fit together one group after the other. A pass must be done with its segments when it returns.
   */
  keyword(
    scope: SearchScope,
    documents: readonly NamedDocument[],
    passes: readonly ((group: readonly Loaded<Segment>[]) => void)[],
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Hands the vectors to `scan`, which must be done with them when it returns: all of them, or where they are too many to
   * be kept, or there is no room, one group after the other. Those that cannot be read are left out.
   * @returns what `scan` has made of each group
   */
  vectors<T>(
    scope: SearchScope,
    documents: readonly NamedDocument[],
    model: string,
    dimension: number,
    scan: VectorScan<T>,
    signal?: AbortSignal,
  ): Promise<T[]>;
  readonly maxBytes: number;
  readonly bytes: number;
}

/** Keyed by user, conversation and document, and asked only for documents that a scoped query has just named. */
export function createSegmentCache(
  db: Database,
  maxBytes: number,
  { onUnreadable }: SegmentCacheOptions = {},
): SegmentCache {
  const arena = new VectorArena();
  const keywords = new PinnedCache<Segment>(maxBytes / 2);
  const vectors = new PinnedCache<LoadedVectors>(maxBytes / 2, (gone) => arena.release(gone));
  const reader = createReader(db);
  let readings = 0;

  return {
    maxBytes,
    get bytes() {
      return keywords.bytes + vectors.bytes;
    },
    async keyword(scope, documents, passes, signal) {
      const wanted = await measure(scope, documents);
      const groups = groupWithin(wanted, keywords.maxBytes);
      // A group at a time is loaded again for each pass, unless it is the only one.
      const rounds = groups.length === 1 ? [passes] : passes.map((pass) => [pass]);
      for (const round of rounds)
        for (const group of groups) {
          const lease = await keywords.lease(group, signal);
          await holding(
            lease,
            () => loadKeyword(scope, lease, group, signal),
            group,
            (loaded) => {
              for (const pass of round) pass(loaded);
            },
            signal,
          );
        }
    },
    async vectors(scope, documents, model, dimension, scan, signal) {
      const kind = vectorKind(model);
      const wanted = documents.map((document) => {
        const bytes = vectorBytes(document.chunkCount, dimension);
        return { document, key: keyOf(scope, document, kind), bytes };
      });
      const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
      const lease = total > maxBytes * largestShare ? null : vectors.tryLease(wanted);
      if (lease !== null) {
        const load = () => loadVectors(scope, lease, wanted, kind, signal);
        return [await holding(lease, load, wanted, (loaded) => scan(arena, loaded, true), signal)];
      }
      const rows = wanted.map((one) => ({ ...one, bytes: rowBytes(one.document.chunkCount, dimension) }));
      const groups = groupWithin(rows, maxBytes * shareAtOnce);
      return inLanes(groups, (group) => passThrough(scope, group, kind, dimension, scan, signal));
    },
  };

  /** What each keyword segment takes; the database is asked where neither the cache nor the document says it. */
  async function measure(scope: SearchScope, documents: readonly NamedDocument[]): Promise<WantedSegment[]> {
    const known = documents.map((document) => {
      const key = keyOf(scope, document, keywordKind);
      const { keywordBytes } = document;
      const bytes = keywords.bytesOf(key) ?? (keywordBytes === null ? null : keywordBytes + overheadBytes);
      return { document, key, bytes };
    });
    const unknown = known.filter(({ bytes }) => bytes === null);
    const sizes = await readSegmentSizes(db, scope, unknown.map(nameOf), keywordKind);
    return known.map(({ document, key, bytes }) => {
      const stored = sizes.get(document.id) ?? bytesPerToken * document.tokens;
      return { document, key, bytes: bytes ?? stored + overheadBytes };
    });
  }

  async function loadKeyword(
    scope: SearchScope,
    lease: Lease<Segment>,
    group: readonly WantedSegment[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const open = ({ key }: WantedSegment, bytes: Uint8Array): boolean => {
      const segment = readable(() => openSegment(Buffer.from(bytes)));
      if (segment !== null) lease.settle(key, segment, bytes.length + overheadBytes);
      return segment !== null;
    };
    for await (const [{ document, key }, isStored] of readEach(
      scope,
      lease,
      group,
      keywordKind,
      open,
      signal,
    )) {
      if (document.chunkCount === 0) {
        lease.settle(key, null, overheadBytes);
        continue;
      }
      onUnreadable?.(scope, document, keywordKind, isStored);
      const built = await buildAgain(scope, document);
      lease.settle(key, openSegment(built), built.length + overheadBytes);
    }
  }

  async function buildAgain(scope: SearchScope, document: NamedDocument): Promise<Uint8Array> {
    const { name, language } = document;
    const chunks = await readIndexedChunks(db, scope, document);
    return prepareIndexAgain({
      title: '',
      fileName: name,
      language: language ?? 'und',
      chunks: chunks.map((chunk) => ({ ...chunk, prefix: chunk.prefix ?? undefined })),
    });
  }

  async function loadVectors(
    scope: SearchScope,
    lease: Lease<LoadedVectors>,
    wanted: readonly WantedSegment[],
    kind: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const open = ({ document, key }: WantedSegment, bytes: Uint8Array): boolean => {
      const opened = loadStored(scope, document, kind, () => openVectors(bytes));
      lease.settle(key, opened, opened?.bytes ?? 0);
      return true;
    };
    for await (const [{ document, key }] of readEach(scope, lease, wanted, kind, open, signal)) {
      reportMissing(scope, document, kind);
      lease.settle(key, null, 0);
    }
  }

  /** Read for one question, counted while it has them, and kept for nobody. */
  async function passThrough<T>(
    scope: SearchScope,
    group: readonly WantedSegment[],
    kind: string,
    dimension: number,
    scan: VectorScan<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    readings += 1;
    const own = group.map((one) => ({ ...one, key: `${one.key}/${readings}` }));
    const lease = await vectors.lease(own, signal);
    const loaded = new Map<string, LoadedVectors>();
    try {
      const byId = new Map(group.map(({ document }) => [document.id, document]));
      const missing = new Set(byId.keys());
      await readVectorRows(db, scope, group.map(nameOf), kind, dimension, ({ documentId, bytes }) => {
        const document = byId.get(documentId);
        if (document === undefined) return;
        missing.delete(documentId);
        const segment = loadStored(scope, document, kind, () => openRows(bytes, dimension));
        if (segment !== null) loaded.set(documentId, segment);
      });
      for (const { document } of group) if (missing.has(document.id)) reportMissing(scope, document, kind);
      return scan(
        arena,
        inOrder(group, ({ document }) => loaded.get(document.id)),
        false,
      );
    } finally {
      for (const segment of loaded.values()) arena.release(segment);
      for (const { key, bytes } of own) lease.settle(key, null, bytes);
      lease.release();
    }
  }

  function loadStored(
    scope: SearchScope,
    document: NamedDocument,
    kind: string,
    open: () => VectorSegment,
  ): LoadedVectors | null {
    const segment = readable(open);
    if (segment === null) onUnreadable?.(scope, document, kind, true);
    return segment === null ? null : arena.load(segment);
  }

  /** Without passages there is nothing to make it of. */
  function reportMissing(scope: SearchScope, document: NamedDocument, kind: string): void {
    if (document.chunkCount > 0) onUnreadable?.(scope, document, kind, false);
  }

  /**
   * What this lease has to load, some at a time. `open` is handed the bytes of each as they come, in memory that is the
   * connection's. Yields what it has refused, and what is not stored.
   */
  async function* readEach(
    scope: SearchScope,
    lease: Lease<unknown>,
    wanted: readonly WantedSegment[],
    kind: string,
    open: (one: WantedSegment, bytes: Uint8Array) => boolean,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<[WantedSegment, isStored: boolean]> {
    const missing = new Set(lease.missing);
    const toLoad = wanted.filter(({ key }) => missing.has(key));
    for (const some of groupWithin(toLoad, maxBytes * shareAtOnce)) {
      // What others wait for is loaded to its end, whoever has left.
      if (signal?.aborted === true && lease.giveUp()) signal.throwIfAborted();
      const left = new Map(some.map((one) => [one.document.id, { one, isStored: false }]));
      await reader.read(scope, some, kind, ({ documentId, bytes }) => {
        const found = left.get(documentId);
        if (found === undefined) return;
        found.isStored = true;
        if (open(found.one, bytes)) left.delete(documentId);
      });
      for (const { one, isStored } of left.values()) yield [one, isStored];
    }
  }
}

function keyOf(scope: SearchScope, { conversationId, id, revision }: NamedDocument, kind: string): string {
  return `${scope.userId}/${conversationId}/${id}/${kind}/${revision}`;
}

function nameOf({ document }: { document: NamedDocument }): { conversationId: string; documentId: string } {
  return { conversationId: document.conversationId, documentId: document.id };
}

/** Null for another version or a damaged segment. */
function readable<Opened>(open: () => Opened): Opened | null {
  try {
    return open();
  } catch (error) {
    if (error instanceof UnreadableSegment) return null;
    throw error;
  }
}
