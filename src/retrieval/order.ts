import { fuse } from '../indexing/fusion.ts';
import type { FusionWeights } from '../indexing/weights.ts';
import type { Hit, Leg, Ranked } from './result.ts';

export interface Ordered extends Hit {
  vector: Ranked | null;
  keyword: Ranked | null;
}

export interface LegList {
  leg: Leg;
  hits: readonly Hit[];
}

/**
 * The best `limit` of all lists: one list keeps its own scores, several are fused by weighted reciprocal ranks. With
 * equal scores the document that was seen first comes first.
 */
export function order(lists: readonly LegList[], weights: FusionWeights, limit: number): Ordered[] {
  const places = new Map<string, number>();
  const seen = new Map<number, Ordered>();
  const ids = lists.map(({ leg, hits }) =>
    hits.map((hit, at) => {
      let place = places.get(hit.documentId);
      if (place === undefined) places.set(hit.documentId, (place = places.size));
      const id = place * ordinalsPerDocument + hit.ordinal;
      let entry = seen.get(id);
      if (entry === undefined) seen.set(id, (entry = { ...hit, vector: null, keyword: null }));
      if (entry[leg] === null || at + 1 < entry[leg].rank) entry[leg] = { rank: at + 1, score: hit.score };
      return id;
    }),
  );
  if (lists.length === 1) return [...seen.values()].slice(0, limit);
  const perLeg = { vector: 0, keyword: 0 };
  for (const { leg } of lists) perLeg[leg] += 1;
  // Several queries share the weight of their leg.
  const fused = fuse(
    lists.map(({ leg }, at) => ({ weight: weights[leg] / perLeg[leg], ids: ids[at] ?? [] })),
  );
  return fused.slice(0, limit).flatMap(({ id, score }) => {
    const entry = seen.get(id);
    return entry === undefined ? [] : [{ ...entry, score }];
  });
}

/** A document has fewer chunks than this, and a number stays exact for eight million documents. */
const ordinalsPerDocument = 2 ** 30;
