import type { RetrievalDeps } from './deps.ts';
import type { Hit } from './legs.ts';
import { hitKey, type LegList, type Ordered } from './order.ts';
import {
  type ChunkContent,
  type ChunkName,
  readExactAndContents,
  type Searchable,
  type SearchScope,
} from './store.ts';

/** Of a quantised list, at least this many are scored again with full precision, and twice what is wanted. */
const exactAtLeast = 40;

export interface Approximate {
  lists: Hit[][];
  vectors: readonly Float32Array[];
  model: string;
  isExact: boolean;
}

/** In one round trip: full-precision scores of the vector lists' heads, the text of what will probably win, and what is searchable now. */
export async function secondLook(
  scope: SearchScope,
  approximate: Approximate | null,
  guess: readonly Ordered[],
  topK: number,
  nameOf: (hit: Hit) => ChunkName,
  deps: RetrievalDeps,
): Promise<{ searchable: Searchable; exact: Hit[][] | null; contents: ChunkContent[] }> {
  const heads =
    approximate === null || approximate.isExact
      ? []
      : approximate.lists.map((hits) => hits.slice(0, Math.max(exactAtLeast, 2 * topK)));
  const { searchable, scores, contents } = await readExactAndContents(
    deps.db,
    scope,
    heads.map((hits, at) => ({
      query: approximate?.vectors[at] ?? new Float32Array(),
      model: approximate?.model ?? '',
      candidates: hits.map(nameOf),
    })),
    guess.map(nameOf),
  );
  if (heads.length === 0) return { searchable, exact: null, contents };
  const exact = heads.map((hits, list) => {
    const rescored = hits.flatMap((hit, at) => {
      const score = scores[list]?.[at];
      return score === null || score === undefined ? [] : [{ ...hit, score }];
    });
    rescored.sort((a, b) => b.score - a.score || (hitKey(a) < hitKey(b) ? -1 : 1));
    return [...rescored, ...(approximate?.lists[list] ?? []).slice(hits.length)];
  });
  return { searchable, exact, contents };
}

export function replaceVectorLists(lists: readonly LegList[], exact: readonly Hit[][]): LegList[] {
  let at = 0;
  return lists.map((list) => {
    if (list.leg !== 'vector') return list;
    at += 1;
    return { leg: 'vector', hits: exact[at - 1] ?? [] };
  });
}
