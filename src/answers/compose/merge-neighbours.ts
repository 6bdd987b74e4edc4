import type { RetrievedChunk } from '../../retrieval/result.ts';

/** Between two chunks of a page lies nothing but this much white space. */
const largestGap = 4;

/**
 * Joins chunks that follow each other on one page into one passage, which stands where the better of them stood.
 * Their overlap appears once, so that a reader is not told the same twice. What would pass `maxTokens` stays apart: a
 * passage is given whole or not at all, and one that is larger than its room would be lost with everything in it.
 */
export function mergeNeighbours(chunks: readonly RetrievedChunk[], maxTokens: number): RetrievedChunk[] {
  const merged: RetrievedChunk[] = [];
  const rank = new Map(chunks.map((chunk, at) => [chunk.id, at]));
  const inOrder = chunks.toSorted((a, b) =>
    a.documentId === b.documentId ? a.ordinal - b.ordinal : a.documentId < b.documentId ? -1 : 1,
  );
  let lastOrdinal = -1;
  for (const chunk of inOrder) {
    const last = merged.at(-1);
    if (last !== undefined && last.tokens + chunk.tokens <= maxTokens && follows(last, lastOrdinal, chunk)) {
      const [better, other] = placeOf(last) <= placeOf(chunk) ? [last, chunk] : [chunk, last];
      merged[merged.length - 1] = {
        ...better,
        prefix: last.prefix,
        heading: last.heading,
        charStart: last.charStart,
        charEnd: chunk.charEnd,
        content: join(last, chunk),
        tokens: last.tokens + chunk.tokens,
        score: Math.max(better.score, other.score),
      };
    } else merged.push(chunk);
    lastOrdinal = chunk.ordinal;
  }
  return merged.toSorted((a, b) => placeOf(a) - placeOf(b));

  function placeOf(chunk: RetrievedChunk): number {
    return rank.get(chunk.id) ?? chunks.length;
  }
}

function follows(last: RetrievedChunk, lastOrdinal: number, chunk: RetrievedChunk): boolean {
  return (
    last.documentId === chunk.documentId &&
    chunk.ordinal === lastOrdinal + 1 &&
    last.page === chunk.page &&
    chunk.charEnd >= last.charEnd &&
    chunk.charStart - last.charEnd <= largestGap
  );
}

function join(first: RetrievedChunk, second: RetrievedChunk): string {
  const gap = second.charStart - first.charEnd;
  if (gap <= 0) return first.content + second.content.slice(-gap);
  return `${first.content}${'\n'.repeat(gap)}${second.content}`;
}
