import { UnreadableSegment } from '../indexing/segment.ts';
import type { Lease } from './pinned-cache.ts';
import type { SearchableDocument, SearchScope } from './store.ts';

export type NamedDocument = Pick<
  SearchableDocument,
  'id' | 'conversationId' | 'name' | 'chunkCount' | 'tokens' | 'language' | 'revision' | 'keywordBytes'
>;

export interface Loaded<Opened> {
  document: NamedDocument;
  segment: Opened;
}

export interface WantedSegment {
  document: NamedDocument;
  key: string;
  bytes: number;
}

/** Told of every segment that cannot be read, or is not stored: it should be built anew. */
export type OnUnreadable = (
  scope: SearchScope,
  document: NamedDocument,
  kind: string,
  isStored: boolean,
) => void;

/** Loads what is missing, waits for what others load, and lets go when `use` is done, whatever happens. */
export async function holding<Opened, T>(
  lease: Lease<Opened>,
  load: () => Promise<void>,
  wanted: readonly WantedSegment[],
  use: (loaded: readonly Loaded<Opened>[]) => T | Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  let failure: unknown;
  try {
    if (lease.missing.length > 0) await load();
    const found = await lease.values(signal);
    return await use(inOrder(wanted, (_, at) => found[at]));
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    lease.release(failure);
  }
}

/** The documents that there is a segment of, in the order they were wanted. */
export function inOrder<Opened>(
  wanted: readonly WantedSegment[],
  segmentOf: (one: WantedSegment, at: number) => Opened | null | undefined,
): Loaded<Opened>[] {
  return wanted.flatMap((one, at) => {
    const segment = segmentOf(one, at) ?? null;
    return segment === null ? [] : [{ document: one.document, segment }];
  });
}

export function keyOf(
  scope: SearchScope,
  { conversationId, id, revision }: NamedDocument,
  kind: string,
): string {
  return `${scope.userId}/${conversationId}/${id}/${kind}/${revision}`;
}

export function nameOf({ document }: { document: NamedDocument }): {
  conversationId: string;
  documentId: string;
} {
  return { conversationId: document.conversationId, documentId: document.id };
}

/** Null for another version or a damaged segment. */
export function readable<Opened>(open: () => Opened): Opened | null {
  try {
    return open();
  } catch (error) {
    if (error instanceof UnreadableSegment) return null;
    throw error;
  }
}
