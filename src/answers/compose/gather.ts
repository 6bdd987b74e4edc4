import type { Source, Strategy, Timings } from '@alcove/contract';
import type { Turn } from '../../indexing/followup.ts';
import type { ChatMessage, ChatModel } from '../../models/model.ts';
import { rewriteQuery } from '../../models/rewrite.ts';
import type { RetrievedChunk, Retrieval } from '../../retrieval/result.ts';
import { retrieve } from '../../retrieval/retrieve.ts';
import type { SearchScope } from '../../retrieval/store.ts';
import type { AnswerDeps } from '../deps.ts';

export interface Gathered {
  retrieval: Retrieval;
  rewritten: string | null;
  rewriteMs: number | null;
  rewriteTokens: { input: number; output: number };
  notices: string[];
}

export interface GatherInput {
  question: string;
  history: readonly ChatMessage[];
  strategy: Strategy;
  topK: number;
  documentIds?: readonly string[] | undefined;
  model: ChatModel | null;
}

/** From a question in its conversation to the passages that may answer it. */
export async function gather(
  scope: SearchScope,
  input: GatherInput,
  deps: AnswerDeps,
  signal: AbortSignal,
): Promise<Gathered> {
  const started = performance.now();
  const isFollowUp = input.history.some((turn) => turn.role === 'user');
  const standalone = isFollowUp ? await standaloneQueries(input, signal) : asAsked(input);
  const rewriteMs = isFollowUp ? performance.now() - started : null;
  const { strategy, topK, documentIds } = input;
  const { queries } = standalone;
  const history = input.model === null ? turnsOf(input.history) : [];
  const retrieval = await retrieve(
    scope,
    { queries, history, strategy, topK, documentIds },
    deps.retrieval,
    signal,
  );
  const rewritten = queries.length === 1 && queries[0] === input.question ? null : queries.join('\n');
  return {
    retrieval,
    rewritten,
    rewriteMs,
    rewriteTokens: standalone.tokens,
    notices: [...retrieval.notices, ...(standalone.notice === null ? [] : [standalone.notice])],
  };
}

function turnsOf(history: readonly ChatMessage[]): Turn[] {
  return history.flatMap(({ role, content }) => (role === 'system' ? [] : [{ role, text: content }]));
}

interface StandaloneQueries {
  queries: string[];
  notice: string | null;
  tokens: { input: number; output: number };
}

function asAsked({ question }: GatherInput): StandaloneQueries {
  return { queries: [question], notice: null, tokens: { input: 0, output: 0 } };
}

async function standaloneQueries(input: GatherInput, signal: AbortSignal): Promise<StandaloneQueries> {
  if (input.model === null) return asAsked(input);
  const rewrite = await rewriteQuery(input.model, [...input.history], input.question, signal);
  const notice =
    rewrite.failed === undefined ? null : `The question was searched as it was asked: ${rewrite.failed}`;
  return { queries: rewrite.queries, notice, tokens: rewrite.tokens };
}

/** What the answer keeps of a passage: frozen, so that a citation outlives its document. `version`: of its content. */
export function toSource(chunk: RetrievedChunk, n: number, version = 1): Source {
  return {
    n,
    document_id: chunk.documentId,
    document_name: chunk.documentName,
    document_version: version,
    chunk_id: chunk.id,
    page: chunk.page,
    char_start: chunk.charStart,
    char_end: chunk.charEnd,
    heading: chunk.heading,
    excerpt: chunk.content,
    score: chunk.score,
    ...(chunk.ocr && { ocr: true }),
    verified: false,
  };
}

/** What a model reads of a passage: a table's header row stands above its rows. */
export function readingText(chunk: Pick<RetrievedChunk, 'prefix' | 'content'>): string {
  return chunk.prefix === null ? chunk.content : `${chunk.prefix}\n${chunk.content}`;
}

export function allTimings(
  gathered: Pick<Gathered, 'retrieval' | 'rewriteMs'> | null,
  generateMs: number | null,
): Timings {
  const retrieval = gathered?.retrieval.timings;
  return {
    rewrite: round(gathered?.rewriteMs),
    embed: round(retrieval?.embed),
    vector: round(retrieval?.vector),
    keyword: round(retrieval?.keyword),
    fuse: round(retrieval?.fuse),
    rerank: round(retrieval?.rerank),
    generate: round(generateMs),
  };
}

function round(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.round(ms * 100) / 100;
}
