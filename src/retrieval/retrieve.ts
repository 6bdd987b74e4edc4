import type { Strategy, Timings } from '@alcove/contract';
import { AppError } from '../errors.ts';
import { searchKeyword } from '../indexing/bm25.ts';
import { fuse } from '../indexing/fusion.ts';
import { weightsFor } from '../indexing/weights.ts';
import type { RetrievalDeps } from './deps.ts';
import { authorityOf, type ChunkContent, readContents, readSearchable, type Searchable, type SearchScope, searchVectors } from './store.ts';

/** Each leg's list: deep enough that fusion sees what the other leg ranks low. */
const legDepth = 100;

export interface RetrieveInput {
  /** Standalone queries; the first is the main one. */
  queries: readonly string[];
  /** Earlier questions of the conversation, oldest first: they lend their words to a short follow-up. */
  earlier?: readonly string[];
  strategy: Strategy;
  topK: number;
  documentIds?: readonly string[] | undefined;
}

export type Leg = 'vector' | 'keyword';
export interface Ranked {
  rank: number;
  score: number;
}

export interface RetrievedChunk extends ChunkContent {
  documentName: string;
  vector: Ranked | null;
  keyword: Ranked | null;
  /** What the list is ordered by: the fused score, or the only leg's own. */
  score: number;
}

export interface Retrieval {
  results: RetrievedChunk[];
  legs: Leg[];
  cacheHit: boolean;
  timings: Pick<Timings, 'embed' | 'vector' | 'keyword' | 'fuse' | 'rerank'>;
  notices: string[];
  /** Ready documents that were searched. */
  searched: Searchable;
}

/**
 * Searches this conversation's documents and nothing else; all of the user's own with a user's scope.
 * @throws AppError `embeddings_unavailable` for strategy `vector` without an embedding model, `not_found` for a
 * document that is not in this conversation
 */
export async function retrieve(
  scope: SearchScope,
  input: RetrieveInput,
  deps: RetrievalDeps,
  signal: AbortSignal,
): Promise<Retrieval> {
  if (input.strategy === 'vector' && deps.embedding === null) throw embeddingsUnavailable();
  const searched = await readSearchable(deps.db, scope);
  const chosen = choose(searched, input.documentIds);
  const cacheKey = JSON.stringify([
    scope.userId,
    authorityOf(scope).conversationId ?? null,
    searched.version,
    deps.embedding?.id ?? null,
    input.strategy,
    input.topK,
    input.queries,
    input.earlier ?? [],
    input.documentIds === undefined ? null : [...input.documentIds].sort(),
  ]);
  const cached = deps.cache.get(cacheKey);
  if (cached !== undefined) return { ...cached, searched, cacheHit: true, timings: noTimings() };
  const fresh = await search(scope, input, chosen, searched, deps, signal);
  deps.cache.set(cacheKey, fresh, 1);
  return fresh;
}

async function search(
  scope: SearchScope,
  input: RetrieveInput,
  chosen: Searchable['documents'],
  searched: Searchable,
  deps: RetrievalDeps,
  signal: AbortSignal,
): Promise<Retrieval> {
  const timings = noTimings();
  const notices: string[] = [];
  const legs: Leg[] = [];
  const lists: { leg: Leg; hits: Hit[] }[] = [];
  const timed = async <T>(stage: keyof typeof timings, work: () => Promise<T> | T): Promise<T> => {
    const started = performance.now();
    const result = await work();
    timings[stage] = (timings[stage] ?? 0) + (performance.now() - started);
    return result;
  };

  if (input.strategy !== 'keyword' && chosen.length > 0) {
    const usable = deps.embedding === null ? [] : chosen.filter((one) => one.embeddingModel === deps.embedding?.id);
    const { embedding } = deps;
    if (embedding === null) {
      notices.push('Semantic search is off: no embedding model is configured (set EMBEDDING_BASE_URL and EMBEDDING_MODEL). Only keyword search ran.');
    } else {
      if (usable.length < chosen.length) {
        notices.push(`${chosen.length - usable.length} documents have no vectors of the current embedding model; keyword search covers them.`);
      }
      if (usable.length > 0) {
        try {
          const vectors = await timed('embed', () => embedding.embed([...input.queries], 'query', signal));
          for (const vector of vectors) {
            const ids = usable.map((one) => one.id);
            const hits = await timed('vector', () => searchVectors(deps.db, scope, vector, embedding.id, ids, legDepth));
            lists.push({ leg: 'vector', hits });
          }
          legs.push('vector');
        } catch (error) {
          // With a keyword leg a provider that is away costs quality, not the answer.
          if (input.strategy === 'vector' || signal.aborted || !(error instanceof AppError)) throw error;
          notices.push(`Semantic search failed and only keyword search ran: ${error.message}`);
        }
      }
    }
  }

  if (input.strategy !== 'vector' && chosen.length > 0) {
    await timed('keyword', async () => {
      const loaded = await deps.segments.load(scope, chosen);
      const opened = loaded.map((one) => one.segment);
      for (const query of input.queries) {
        const hits = searchKeyword(opened, query, { k: legDepth }).map((hit) => ({
          documentId: loaded[hit.segment]?.document.id ?? '',
          ordinal: hit.ordinal,
          score: hit.score,
        }));
        lists.push({ leg: 'keyword', hits });
      }
    });
    legs.push('keyword');
  }

  const ordered = await timed('fuse', () => order(lists, deps.embedding?.id ?? null));
  const winners = ordered.slice(0, input.topK);
  const documents = new Map(chosen.map((one) => [one.id, one]));
  const contents = await readContents(
    deps.db,
    scope,
    winners.map((hit) => ({ ...hit, conversationId: documents.get(hit.documentId)?.conversationId ?? '' })),
  );
  const byKey = new Map(contents.map((content) => [keyOf(content), content]));
  const results = winners.flatMap(({ documentId, ordinal, score, vector, keyword }) => {
    const content = byKey.get(keyOf({ documentId, ordinal }));
    if (content === undefined) return [];
    return [{ ...content, documentName: documents.get(documentId)?.name ?? '', score, vector, keyword }];
  });
  return { results, legs: legs.toSorted(), cacheHit: false, timings, notices, searched };
}

interface Hit {
  documentId: string;
  ordinal: number;
  score: number;
}

interface Ordered extends Hit {
  vector: Ranked | null;
  keyword: Ranked | null;
}

/** One list keeps its own scores; several are fused by weighted reciprocal ranks. */
function order(lists: readonly { leg: Leg; hits: readonly Hit[] }[], model: string | null): Ordered[] {
  const seen = new Map<string, Ordered>();
  for (const { leg, hits } of lists) {
    for (const [at, hit] of hits.entries()) {
      const key = keyOf(hit);
      const entry = seen.get(key) ?? { ...hit, vector: null, keyword: null };
      const ranked = { rank: at + 1, score: hit.score };
      if (entry[leg] === null || ranked.rank < entry[leg].rank) entry[leg] = ranked;
      seen.set(key, entry);
    }
  }
  if (lists.length === 1) return [...seen.values()];
  const weights = weightsFor(model);
  const fused = fuse(
    lists.map(({ leg, hits }) => ({ weight: weights[leg], ids: hits.map(keyOf) })),
  );
  return fused.flatMap(({ id, score }) => {
    const entry = seen.get(id);
    return entry === undefined ? [] : [{ ...entry, score }];
  });
}

function choose(searched: Searchable, ids: readonly string[] | undefined): Searchable['documents'] {
  if (ids === undefined) return searched.documents;
  const wanted = new Set(ids);
  return searched.documents.filter((one) => wanted.has(one.id));
}

function keyOf(hit: { documentId: string; ordinal: number }): string {
  return `${hit.documentId}/${hit.ordinal}`;
}

function noTimings(): Retrieval['timings'] {
  return { embed: null, vector: null, keyword: null, fuse: null, rerank: null };
}

function embeddingsUnavailable(): AppError {
  return new AppError(
    'embeddings_unavailable',
    'Strategy "vector" needs an embedding model: set EMBEDDING_BASE_URL and EMBEDDING_MODEL, or use "keyword" or "rrf_fusion".',
  );
}
