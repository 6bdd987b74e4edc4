import { fuse } from '../indexing/fusion.ts';
import { weightsFor } from '../indexing/weights.ts';
import type { Hit } from './legs.ts';

export type Leg = 'vector' | 'keyword';

export interface Ranked {
  rank: number;
  score: number;
}

export interface Ordered extends Hit {
  vector: Ranked | null;
  keyword: Ranked | null;
}

export interface LegList {
  leg: Leg;
  hits: readonly Hit[];
}

/** One list keeps its own scores; several are fused by weighted reciprocal ranks. */
export function order(lists: readonly LegList[], embeddingModel: string | null): Ordered[] {
  const seen = new Map<string, Ordered>();
  for (const { leg, hits } of lists) {
    for (const [at, hit] of hits.entries()) {
      const key = hitKey(hit);
      const entry = seen.get(key) ?? { ...hit, vector: null, keyword: null };
      const ranked = { rank: at + 1, score: hit.score };
      if (entry[leg] === null || ranked.rank < entry[leg].rank) entry[leg] = ranked;
      seen.set(key, entry);
    }
  }
  if (lists.length === 1) return [...seen.values()];
  const weights = weightsFor(embeddingModel);
  const perLeg = { vector: 0, keyword: 0 };
  for (const { leg } of lists) perLeg[leg] += 1;
  // Several queries share the weight of their leg.
  const fused = fuse(
    lists.map(({ leg, hits }) => ({ weight: weights[leg] / perLeg[leg], ids: hits.map(hitKey) })),
  );
  return fused.flatMap(({ id, score }) => {
    const entry = seen.get(id);
    return entry === undefined ? [] : [{ ...entry, score }];
  });
}

export function hitKey(hit: { documentId: string; ordinal: number }): string {
  return `${hit.documentId}/${hit.ordinal}`;
}
