import type { Strategy } from '@alcove/contract';
import { servingModel } from '../documents/serving-model.ts';
import { AppError } from '../errors.ts';
import type { Turn } from '../indexing/followup.ts';
import type { EmbeddingModel } from '../models/model.ts';
import { noSemanticSearch } from '../models/notices.ts';
import { bytesOfRetrieval, bytesOfSearchable } from './cached-bytes.ts';
import { fusionWeights, placeOf } from './fusion-weights.ts';
import { inSpan } from '../telemetry/span.ts';
import type { RetrievalDeps } from './deps.ts';
import { keywordLeg, vectorLeg } from './legs.ts';
import { explainDimension } from './explain-dimension.ts';
import { rankingOf, tracedDepth } from './ranking.ts';
import { rerank, rerankDepth } from './rerank.ts';
import { type LegList, order, type Ordered } from './order.ts';
import type { Hit, Retrieval, RetrievedChunk } from './result.ts';
import {
  authorityOf,
  type ChunkContent,
  type ChunkName,
  readContents,
  readSearchable,
  type Searchable,
  type SearchableDocument,
  type SearchScope,
} from './store.ts';

export interface RetrieveInput {
  /** Standalone queries; the first is the main one. */
  queries: readonly string[];
  /** Earlier turns, oldest first, when the queries were not rewritten: they lend their words to a short follow-up. */
  history?: readonly Turn[];
  strategy: Strategy;
  topK: number;
  documentIds?: readonly string[] | undefined;
}

/** Documents that change during each of so many searches: the last one counts as it is. */
const mostAttempts = 3;

/**
 * Searches this conversation's documents and nothing else; all of the user's own with a user's scope.
 * @throws AppError `embeddings_unavailable` for strategy `vector` without an embedding model
 */
export function retrieve(
  scope: SearchScope,
  input: RetrieveInput,
  deps: RetrievalDeps,
  signal: AbortSignal,
): Promise<Retrieval> {
  return inSpan('retrieve', { strategy: input.strategy }, async (span) => {
    const found = await searchCurrent(scope, input, deps, signal);
    deps.telemetry?.searched({ cacheHit: found.cacheHit, stages: found.timings });
    span.setAttributes({ cache_hit: found.cacheHit, results: found.results.length });
    for (const [stage, ms] of Object.entries(found.timings))
      if (ms !== null) span.setAttribute(`ms.${stage}`, ms);
    return found;
  });
}

async function searchCurrent(
  scope: SearchScope,
  input: RetrieveInput,
  deps: RetrievalDeps,
  signal: AbortSignal,
): Promise<Retrieval> {
  if (input.strategy === 'vector' && deps.embedding === null) throw embeddingsUnavailable();
  // What is remembered costs no round trip but may be out of date: nothing that was found by it is given away before
  // the database has confirmed its version, in the round trip that fetches the text.
  const remembered = deps.searchables.get(placeOf(scope));
  const isEnough =
    remembered !== undefined && deps.cache.get(keyOf(scope, input, remembered, deps)) === undefined;
  let searched = isEnough ? remembered : await lookAgain(scope, deps);
  for (let attempt = 1; ; attempt += 1) {
    const cacheKey = keyOf(scope, input, searched, deps);
    const cached = deps.cache.get(cacheKey);
    if (cached !== undefined) return { ...cached, searched, cacheHit: true, timings: noTimings() };
    const { version, found } = await search(scope, input, searched, deps, signal);
    const isCurrent = version === searched.version;
    if (isCurrent && isWhole(found, input, deps)) remember(cacheKey, found, deps);
    const isRemembered = searched === remembered;
    if (isCurrent && !(isRemembered && found.results.length === 0)) return found;
    if (attempt === mostAttempts) return found;
    searched = await lookAgain(scope, deps);
    // What is still being read has no part in the version, and says why nothing was found.
    if (isCurrent) return { ...found, searched };
  }
}

async function lookAgain(scope: SearchScope, deps: RetrievalDeps): Promise<Searchable> {
  // Where nothing is remembered, no segment is likely to be in memory.
  const measured = deps.searchables.get(placeOf(scope)) === undefined;
  const searched = await readSearchable(deps.db, scope, { measured });
  deps.searchables.set(placeOf(scope), searched, bytesOfSearchable(searched));
  return searched;
}

/** Without the documents, which are looked up each time. */
function remember(key: string, { searched: _, ...found }: Retrieval, deps: RetrievalDeps): void {
  deps.cache.set(key, found, bytesOfRetrieval(found));
}

/** What a provider that was away has left out must not be left out of the next answer too. */
function isWhole(found: Retrieval, input: RetrieveInput, deps: RetrievalDeps): boolean {
  return input.strategy === 'keyword' || deps.embedding === null || found.legs.includes('vector');
}

/** @returns what was found, and the version of what was searchable by the end */
async function search(
  scope: SearchScope,
  input: RetrieveInput,
  searched: Searchable,
  deps: RetrievalDeps,
  signal: AbortSignal,
): Promise<{ version: string; found: Retrieval }> {
  const chosen = choose(searched, input.documentIds);
  const timings = noTimings();
  const notices: string[] = [];
  const lists: LegList[] = [];
  const wanted = deps.rerank === undefined ? input.topK : rerankDepth(input.topK);
  const runs = chosen.length > 0 ? input.strategy : null;
  // At once: while the provider embeds the question or one kind of segments is loaded, the other leg goes on.
  const [vector, keyword] = await Promise.all([
    runs === null || runs === 'keyword'
      ? null
      : runVectorLeg(scope, input, chosen, wanted, deps, signal, timings, notices),
    runs === null || runs === 'vector'
      ? null
      : timed(timings, 'keyword', () =>
          keywordLeg(scope, chosen, input.queries, input.history ?? [], deps, signal),
        ),
  ]);
  lists.push(...(vector?.lists.map((hits) => ({ leg: 'vector' as const, hits })) ?? []));
  lists.push(...(keyword?.map((hits) => ({ leg: 'keyword' as const, hits })) ?? []));
  const weights = fusionWeights(scope, vector?.model ?? null, lists, chosen, deps);
  const ordered = await timed(timings, 'fuse', () => order(lists, weights, Math.max(wanted, tracedDepth)));
  const winners = ordered.slice(0, wanted);
  const nameOf = namer(chosen);
  const { version, contents } = await readContents(deps.db, scope, winners.map(nameOf));
  const found = present(winners, contents, nameOf);
  let ranked = found;
  const { rerank: stage } = deps;
  if (stage !== undefined) {
    const reranked = await timed(timings, 'rerank', () => rerank(input.queries, found, stage, signal));
    if (reranked.notice !== null) notices.push(reranked.notice);
    ranked = reranked.chunks;
  }
  const results = ranked.slice(0, input.topK);
  const ranking = () => rankingOf(input.queries, lists, ordered, wanted, { found, ranked, results });
  const legs = [...new Set(lists.map((list) => list.leg))].toSorted();
  return { version, found: { results, legs, cacheHit: false, timings, notices, ranking, searched } };
}

async function runVectorLeg(
  scope: SearchScope,
  input: RetrieveInput,
  chosen: readonly SearchableDocument[],
  wanted: number,
  deps: RetrievalDeps,
  signal: AbortSignal,
  timings: Retrieval['timings'],
  notices: string[],
): Promise<{ lists: Hit[][]; model: string } | null> {
  const { embedding } = deps;
  if (embedding === null) {
    notices.push(noSemanticSearch);
    return null;
  }
  // While a conversation is being embedded again, the model that its vectors are of goes on serving it.
  const serving = servingModel(chosen, embedding.id);
  const model =
    serving === null || serving === embedding.id ? embedding : (embedding.withModel?.(serving) ?? null);
  const usable = model === null ? [] : chosen.filter((one) => one.embeddingModel === model.id);
  if (usable.length < chosen.length) {
    notices.push(
      `${chosen.length - usable.length} documents have no vectors of the embedding model in use yet; keyword search covers them.`,
    );
  }
  if (model === null || usable.length === 0) return null;
  try {
    const vectors = await timed(timings, 'embed', () =>
      embedQueries(scope, input.queries, model, deps, signal),
    );
    const lists = await timed(timings, 'vector', () =>
      vectorLeg(scope, usable, vectors, model.id, wanted, deps, signal),
    );
    return { lists, model: model.id };
  } catch (thrown) {
    const error = explainDimension(thrown);
    // With a keyword leg a provider that is away costs quality, not the answer.
    if (input.strategy === 'vector' || signal.aborted || !(error instanceof AppError)) throw error;
    notices.push(`Semantic search failed and only keyword search ran: ${error.plain}`);
    return null;
  }
}

/** A chunk whose text has gone meanwhile is left out. */
function present(
  winners: readonly Ordered[],
  contents: readonly ChunkContent[],
  nameOf: (hit: Hit) => ChunkName & { documentName: string },
): RetrievedChunk[] {
  const byKey = new Map(contents.map((content) => [keyOfChunk(content), content]));
  return winners.flatMap((hit) => {
    const content = byKey.get(keyOfChunk(hit));
    if (content === undefined) return [];
    const { score, vector, keyword } = hit;
    return [{ ...content, documentName: nameOf(hit).documentName, score, vector, keyword }];
  });
}

function keyOfChunk({ documentId, ordinal }: { documentId: string; ordinal: number }): string {
  return `${documentId}/${ordinal}`;
}

/** The same question in one conversation is embedded once. */
async function embedQueries(
  scope: SearchScope,
  queries: readonly string[],
  embedding: EmbeddingModel,
  deps: RetrievalDeps,
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const { userId, conversationId } = authorityOf(scope);
  const keys = queries.map((query) => JSON.stringify([userId, conversationId ?? null, embedding.id, query]));
  const missing = queries.filter((_, at) => deps.queryEmbeddings.get(keys[at] ?? '') === undefined);
  const made = missing.length === 0 ? [] : await embedding.embed([...missing], 'query', signal);
  return queries.map((query, at) => {
    const key = keys[at] ?? '';
    const vector = deps.queryEmbeddings.get(key) ?? made[missing.indexOf(query)];
    if (vector === undefined) throw new Error('a query has no embedding');
    deps.queryEmbeddings.set(key, vector, vector.byteLength);
    return vector;
  });
}

function namer(chosen: readonly SearchableDocument[]): (hit: Hit) => ChunkName & { documentName: string } {
  const documents = new Map(chosen.map((one) => [one.id, one]));
  return ({ documentId, ordinal }) => {
    const document = documents.get(documentId);
    if (document === undefined) throw new Error('a hit of a document that was not searched');
    return { conversationId: document.conversationId, documentId, ordinal, documentName: document.name };
  };
}

function keyOf(
  scope: SearchScope,
  input: RetrieveInput,
  { version }: Searchable,
  deps: RetrievalDeps,
): string {
  const { userId, conversationId } = authorityOf(scope);
  const documentIds = input.documentIds === undefined ? null : [...input.documentIds].toSorted();
  const { queries, history = [], strategy, topK } = input;
  const model = deps.embedding?.id ?? null;
  return JSON.stringify([
    userId,
    conversationId ?? null,
    version,
    model,
    strategy,
    topK,
    queries,
    history,
    documentIds,
  ]);
}

function choose(searched: Searchable, ids: readonly string[] | undefined): SearchableDocument[] {
  if (ids === undefined) return searched.documents;
  const wanted = new Set(ids);
  return searched.documents.filter((one) => wanted.has(one.id));
}

async function timed<T>(
  timings: Retrieval['timings'],
  stage: keyof Retrieval['timings'],
  work: () => Promise<T> | T,
): Promise<T> {
  const started = performance.now();
  const result = await work();
  timings[stage] = performance.now() - started;
  return result;
}

function noTimings(): Retrieval['timings'] {
  return { embed: null, vector: null, keyword: null, fuse: null, rerank: null };
}

export function embeddingsUnavailable(): AppError {
  return new AppError(
    'embeddings_unavailable',
    'Strategy "vector" needs an embedding model: set EMBEDDING_BASE_URL and EMBEDDING_MODEL, or use "keyword" or "rrf_fusion".',
    {
      plain:
        'Strategy "vector" needs an embedding model, and there is none here: use "keyword" or "rrf_fusion".',
    },
  );
}
