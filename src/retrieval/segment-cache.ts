import type { Database } from '../db/database.ts';
import { keywordKind } from '../documents/segment-kinds.ts';
import { readSegmentSizes } from '../documents/segment-store.ts';
import { prepareIndexAgain } from '../indexing/prepare.ts';
import { openSegment, type Segment } from '../indexing/segment.ts';
import { Background } from '../limits/background.ts';
import { groupWithin } from './group-within.ts';
import {
  holding,
  keyOf,
  type Loaded,
  type NamedDocument,
  nameOf,
  type OnUnreadable,
  readable,
  type WantedSegment,
} from './hold-segments.ts';
import { type Lease, PinnedCache } from './pinned-cache.ts';
import { readMissing } from './read-missing.ts';
import { createReader } from './read-together.ts';
import { readIndexedChunks, type SearchScope } from './store.ts';
import { createVectorCache } from './vector-cache.ts';
import type { VectorLists, VectorQuestion } from './vector-lists.ts';

/** An opened segment reads its bytes in place; this much more is held for each. */
const overheadBytes = 2_000;
/** A segment that has to be built anew from its chunks takes about this much for each of their tokens. */
const bytesPerToken = 8;
/** Of the bound, so much is read at once: what comes from the database takes thrice its length until it is opened. */
const shareAtOnce = 1 / 16;

export interface SegmentCacheOptions {
  onUnreadable?: OnUnreadable;
  /** From so many missing bytes of vectors on, a question is answered before their residuals have come. */
  rowsFirstBytes?: number;
  /** Where the residuals are read; what fails is read again with the next question. */
  background?: Background;
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
   * The nearest vectors of these documents: of all, or where they are too many to be kept, or there is no room, one group
   * after the other. Those that cannot be read are left out.
   * @returns what was found in each group
   */
  vectors(
    scope: SearchScope,
    documents: readonly NamedDocument[],
    model: string,
    question: VectorQuestion,
    signal?: AbortSignal,
  ): Promise<VectorLists[]>;
  readonly maxBytes: number;
  readonly bytes: number;
}

/** Keyed by user, conversation and document, and asked only for documents that a scoped query has just named. */
export function createSegmentCache(
  db: Database,
  maxBytes: number,
  {
    onUnreadable,
    rowsFirstBytes = 2 ** 21,
    background = new Background(1, 1_000, () => {}),
  }: SegmentCacheOptions = {},
): SegmentCache {
  const reader = createReader(db);
  const maxBytesAtOnce = maxBytes * shareAtOnce;
  const keywords = new PinnedCache<Segment>(maxBytes / 2);
  const vectors = createVectorCache(db, reader, {
    maxBytes: maxBytes / 2,
    maxBytesAtOnce,
    rowsFirstBytes,
    onUnreadable,
    background,
  });

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
    vectors: vectors.scan,
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
    const reading = readMissing(reader, scope, lease, group, keywordKind, maxBytesAtOnce, open, signal);
    for await (const [{ document, key }, isStored] of reading) {
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
}
