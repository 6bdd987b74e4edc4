import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { vectorKind } from '../documents/segment-kinds.ts';
import { readSegments } from '../documents/segment-store.ts';
import { readResiduals, readResidualsAt, readVectorRows } from '../documents/vector-parts-store.ts';
import type { Hit as SegmentHit } from '../indexing/best-hits.ts';
import { type LoadedVectors, rowBytes, VectorArena, vectorBytes } from '../indexing/vector-arena.ts';
import { openRows, openVectors, type VectorSegment } from '../indexing/vectors.ts';
import type { Background } from '../limits/background.ts';
import { groupWithin, inLanes } from './group-within.ts';
import {
  holding,
  inOrder,
  keyOf,
  type Loaded,
  type NamedDocument,
  nameOf,
  type OnUnreadable,
  readable,
  type WantedSegment,
} from './hold-segments.ts';
import { type Lease, PinnedCache } from './pinned-cache.ts';
import { missingGroups, readMissing } from './read-missing.ts';
import type { Reader } from './read-together.ts';
import type { SearchScope } from './store.ts';
import { listsOf, type VectorLists, type VectorQuestion } from './vector-lists.ts';

/** Of the bound, so much at most is kept of one question's vectors: those of a large conversation would displace all others. */
const largestShare = 0.25;
/** So long the residuals of the others wait: the rest of the answer goes first. */
const restMs = 100;

export interface VectorCacheOptions {
  /** Of its own half of the memory for segments. */
  maxBytes: number;
  /** What is read at once. */
  maxBytesAtOnce: number;
  /** From so many missing bytes on, a question is answered before their residuals have come. */
  rowsFirstBytes: number;
  onUnreadable: OnUnreadable | undefined;
  background: Background;
}

export interface VectorCache {
  scan(
    scope: SearchScope,
    documents: readonly NamedDocument[],
    model: string,
    question: VectorQuestion,
    signal?: AbortSignal,
  ): Promise<VectorLists[]>;
  readonly bytes: number;
}

export function createVectorCache(
  db: Database,
  reader: Reader,
  { maxBytes, maxBytesAtOnce, rowsFirstBytes, onUnreadable, background }: VectorCacheOptions,
): VectorCache {
  const arena = new VectorArena();
  const cache = new PinnedCache<LoadedVectors>(maxBytes, (gone) => arena.release(gone));
  let readings = 0;

  return {
    get bytes() {
      return cache.bytes;
    },
    async scan(scope, documents, model, question, signal) {
      const kind = vectorKind(model);
      const dimension = question.queries[0]?.length ?? 0;
      const wanted = documents.map((document) => {
        const bytes = vectorBytes(document.chunkCount, dimension);
        return { document, key: keyOf(scope, document, kind), bytes };
      });
      const lease = bytesOf(wanted) > 2 * maxBytes * largestShare ? null : cache.tryLease(wanted);
      if (lease !== null) {
        const load = () => loadMissing(scope, lease, wanted, kind, dimension, signal);
        const use = (loaded: readonly Loaded<LoadedVectors>[]) => answer(scope, loaded, kind, question);
        return [await holding(lease, load, wanted, use, signal)];
      }
      const rows = wanted.map((one) => ({ ...one, bytes: rowBytes(one.document.chunkCount, dimension) }));
      const groups = groupWithin(rows, maxBytesAtOnce);
      return inLanes(groups, (group) => passThrough(scope, group, kind, question, signal));
    },
  };

  async function loadMissing(
    scope: SearchScope,
    lease: Lease<LoadedVectors>,
    wanted: readonly WantedSegment[],
    kind: string,
    dimension: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const missing = new Set(lease.missing);
    if (bytesOf(wanted.filter(({ key }) => missing.has(key))) < rowsFirstBytes)
      return loadWhole(scope, lease, wanted, kind, signal);
    // Half of their bytes are residuals.
    for (const some of missingGroups(lease, wanted, 2 * maxBytesAtOnce, signal)) {
      const left = new Set(some);
      await readRows(scope, some, kind, dimension, (one, segment) => {
        const loaded = arena.load(segment, true);
        lease.settle(one.key, loaded, loaded.bytes);
        left.delete(one);
      });
      for (const { key } of left) lease.settle(key, null, 0);
    }
  }

  async function loadWhole(
    scope: SearchScope,
    lease: Lease<LoadedVectors>,
    wanted: readonly WantedSegment[],
    kind: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const open = ({ document, key }: WantedSegment, bytes: Uint8Array): boolean => {
      const segment = readStored(scope, document, kind, () => openVectors(bytes));
      const loaded = segment === null ? null : arena.load(segment);
      lease.settle(key, loaded, loaded?.bytes ?? 0);
      return true;
    };
    const reading = readMissing(reader, scope, lease, wanted, kind, maxBytesAtOnce, open, signal);
    for await (const [{ document, key }] of reading) {
      reportMissing(scope, document, kind);
      lease.settle(key, null, 0);
    }
  }

  /** Residuals that have not come yet are read for the best alone, and for all when the answer is there. */
  async function answer(
    scope: SearchScope,
    loaded: readonly Loaded<LoadedVectors>[],
    kind: string,
    question: VectorQuestion,
  ): Promise<VectorLists> {
    const vectors = loaded.map(({ segment }) => segment);
    const { queries, depth, exact } = question;
    const nearest = queries.map((query) => arena.nearest(vectors, query, depth));
    const lacking = loaded.filter(({ segment }) => arena.lacksResiduals(segment));
    if (lacking.length > 0) {
      const heads = nearest.flatMap((hits) => hits.slice(0, exact));
      await readResidualsOf(scope, loaded, heads, kind);
      background.run(async (signal) => {
        await sleep(restMs, undefined, { signal, ref: false });
        await complete(scope, lacking, kind);
      });
    }
    const found = queries.map((query, at) => arena.rescore(vectors, query, nearest[at] ?? [], exact));
    return listsOf(loaded, found, true);
  }

  async function readResidualsOf(
    scope: SearchScope,
    loaded: readonly Loaded<LoadedVectors>[],
    heads: readonly SegmentHit[],
    kind: string,
  ): Promise<void> {
    const hits = arena.lacking(
      loaded.map(({ segment }) => segment),
      heads,
    );
    const names = hits.map(({ segment, ordinal }) => {
      const { document } = loaded[segment]!;
      const { conversationId, id: documentId, chunkCount: count } = document;
      return { conversationId, documentId, ordinal, count };
    });
    const dimension = loaded[0]?.segment.dimension ?? 0;
    const residuals = await readResidualsAt(db, scope, names, kind, dimension);
    hits.forEach(({ segment, ordinal }, at) => {
      const found = residuals[at] ?? null;
      if (found !== null) arena.setResiduals(loaded[segment]!.segment, ordinal, found);
    });
  }

  /** What has left the cache meanwhile is passed by: nothing is held here. */
  async function complete(
    scope: SearchScope,
    loaded: readonly Loaded<LoadedVectors>[],
    kind: string,
  ): Promise<void> {
    const lacking = loaded
      .filter(({ segment }) => arena.lacksResiduals(segment))
      .map((one) => ({ ...one, key: keyOf(scope, one.document, kind), bytes: one.segment.bytes }));
    for (const some of groupWithin(lacking, maxBytesAtOnce)) {
      const left = new Map(some.map((one) => [one.document.id, one]));
      const dimension = some[0]?.segment.dimension ?? 0;
      await readResiduals(db, scope, some.map(nameOf), kind, dimension, ({ documentId, bytes }) => {
        const one = left.get(documentId);
        if (one === undefined || !arena.complete(one.segment, bytes)) return;
        left.delete(documentId);
      });
      for (const { key, segment } of left.values()) cache.drop(key, segment);
      await reportDamaged(scope, [...left.values()], kind);
    }
  }

  /** What was only written anew between its rows and its residuals is sound. */
  async function reportDamaged(
    scope: SearchScope,
    suspects: readonly { document: NamedDocument }[],
    kind: string,
  ): Promise<void> {
    for (const { document } of suspects) {
      const [row] = await readSegments(db, scope, [nameOf({ document })], kind);
      if (row !== undefined) readStored(scope, document, kind, () => openVectors(row.bytes));
    }
  }

  /** Read for one question, counted while it has them, and kept for nobody. */
  async function passThrough(
    scope: SearchScope,
    group: readonly WantedSegment[],
    kind: string,
    question: VectorQuestion,
    signal: AbortSignal | undefined,
  ): Promise<VectorLists> {
    readings += 1;
    const own = group.map((one) => ({ ...one, key: `${one.key}/${readings}` }));
    const lease = await cache.lease(own, signal);
    const opened = new Map<string, LoadedVectors>();
    try {
      const dimension = question.queries[0]?.length ?? 0;
      await readRows(scope, group, kind, dimension, ({ document }, segment) =>
        opened.set(document.id, arena.load(segment)),
      );
      const loaded = inOrder(group, ({ document }) => opened.get(document.id));
      const vectors = loaded.map(({ segment }) => segment);
      const found = question.queries.map((query) => arena.scan(vectors, query, question.depth, 0));
      return listsOf(loaded, found, false);
    } finally {
      for (const segment of opened.values()) arena.release(segment);
      for (const { key, bytes } of own) lease.settle(key, null, bytes);
      lease.release();
    }
  }

  /** What comes before the residuals, in memory that is the connection's. */
  async function readRows(
    scope: SearchScope,
    wanted: readonly WantedSegment[],
    kind: string,
    dimension: number,
    take: (one: WantedSegment, segment: VectorSegment) => void,
  ): Promise<void> {
    const left = new Map(wanted.map((one) => [one.document.id, one]));
    await readVectorRows(db, scope, wanted.map(nameOf), kind, dimension, ({ documentId, bytes }) => {
      const one = left.get(documentId);
      if (one === undefined) return;
      left.delete(documentId);
      const segment = readStored(scope, one.document, kind, () => openRows(bytes, dimension));
      if (segment !== null) take(one, segment);
    });
    for (const { document } of left.values()) reportMissing(scope, document, kind);
  }

  function readStored(
    scope: SearchScope,
    document: NamedDocument,
    kind: string,
    open: () => VectorSegment,
  ): VectorSegment | null {
    const segment = readable(open);
    if (segment === null) onUnreadable?.(scope, document, kind, true);
    return segment;
  }

  /** Without passages there is nothing to make it of. */
  function reportMissing(scope: SearchScope, document: NamedDocument, kind: string): void {
    if (document.chunkCount > 0) onUnreadable?.(scope, document, kind, false);
  }
}

function bytesOf(wanted: readonly WantedSegment[]): number {
  return wanted.reduce((sum, { bytes }) => sum + bytes, 0);
}
