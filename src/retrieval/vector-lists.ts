import type { Hit as SegmentHit } from '../indexing/best-hits.ts';
import type { LoadedVectors } from '../indexing/vector-arena.ts';
import type { Loaded } from './hold-segments.ts';
import type { Hit } from './result.ts';

export interface VectorQuestion {
  queries: readonly Float32Array[];
  /** Length of each list. */
  depth: number;
  /** Of each list, so many are scored with their residuals. */
  exact: number;
}

/** What was found in a group of documents: one list for each query. */
export interface VectorLists {
  lists: Hit[][];
  /** False: without residuals, scores are right to about 0.002. */
  isExact: boolean;
  /** The documents whose vectors there were. */
  ids: string[];
}

/** With the documents in place of their places in the list. */
export function listsOf(
  loaded: readonly Loaded<LoadedVectors>[],
  found: readonly SegmentHit[][],
  isExact: boolean,
): VectorLists {
  const ids = loaded.map(({ document }) => document.id);
  const lists = found.map((hits) =>
    hits.map(({ segment, ordinal, score }) => ({ documentId: ids[segment] ?? '', ordinal, score })),
  );
  return { lists, isExact, ids };
}
