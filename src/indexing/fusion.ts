/** One ranked list of ids, best first. */
export interface RankedList<Id extends string | number = string> {
  ids: readonly Id[];
  weight: number;
}

export interface FusedHit<Id extends string | number = string> {
  id: Id;
  score: number;
}

export interface FusionOptions {
  /** Flattens the top of each list. Cormack, Clarke and Büttcher (2009) found 60. */
  k?: number;
  /** How many of each list count. */
  depth?: number;
}

/**
 * Weighted reciprocal rank fusion: score = Σ weight / (k + rank), rank from 1.
 * Best first; equal scores are ordered by id, so the result never depends on chance.
 */
export function fuse<Id extends string | number>(
  lists: readonly RankedList<Id>[],
  options: FusionOptions = {},
): FusedHit<Id>[] {
  const { k = 60, depth = Number.POSITIVE_INFINITY } = options;
  const scores = new Map<Id, number>();
  for (const { ids, weight } of lists) {
    const counted = Math.min(ids.length, depth);
    for (let at = 0; at < counted; at++) {
      const id = ids[at]!;
      scores.set(id, (scores.get(id) ?? 0) + weight / (k + at + 1));
    }
  }
  return Array.from(scores, ([id, score]) => ({ id, score })).toSorted(
    (a, b) => b.score - a.score || (a.id < b.id ? -1 : 1),
  );
}
