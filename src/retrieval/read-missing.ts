import { groupWithin } from './group-within.ts';
import type { WantedSegment } from './hold-segments.ts';
import type { Lease } from './pinned-cache.ts';
import type { Reader } from './read-together.ts';
import type { SearchScope } from './store.ts';

/**
 * What a lease has to load, in groups of so many bytes. `open` is handed the bytes of each as they come, in memory that is
 * the connection's. Yields what it has refused, and what is not stored.
 */
export async function* readMissing(
  reader: Reader,
  scope: SearchScope,
  lease: Lease<unknown>,
  wanted: readonly WantedSegment[],
  kind: string,
  maxBytes: number,
  open: (one: WantedSegment, bytes: Uint8Array) => boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<[WantedSegment, isStored: boolean]> {
  for (const some of missingGroups(lease, wanted, maxBytes, signal)) {
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

/** Ends where whoever wants them has left, and nobody else waits for them. */
export function* missingGroups(
  lease: Lease<unknown>,
  wanted: readonly WantedSegment[],
  maxBytes: number,
  signal: AbortSignal | undefined,
): Generator<WantedSegment[]> {
  const missing = new Set(lease.missing);
  const toLoad = wanted.filter(({ key }) => missing.has(key));
  for (const some of groupWithin(toLoad, maxBytes)) {
    // What others wait for is loaded to its end, whoever has left.
    if (signal?.aborted === true && lease.giveUp()) signal.throwIfAborted();
    yield some;
  }
}
