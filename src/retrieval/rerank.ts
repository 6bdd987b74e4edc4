import { AppError } from '../errors.ts';
import type { RetrievedChunk } from './result.ts';

/** A cross-encoder: reads question and passage together, which no index can. */
export interface Reranker {
  id: string;
  /** One score for each text, in their order; higher is better. @throws AppError */
  score(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]>;
}

export interface RerankStage {
  model: Reranker;
  /** Passages that score lower are dropped; null keeps all. */
  threshold: number | null;
}

/** Candidates of one request: a cross-encoder reads each of them. */
export function rerankDepth(topK: number): number {
  return Math.max(30, 3 * topK);
}

/** Orders the candidates by the model, each by the query that it answers best. When it is away they keep their order, and a notice says so. */
export async function rerank(
  queries: readonly string[],
  candidates: readonly RetrievedChunk[],
  stage: RerankStage,
  signal: AbortSignal,
): Promise<{ chunks: RetrievedChunk[]; notice: string | null }> {
  if (candidates.length === 0) return { chunks: [], notice: null };
  try {
    const texts = candidates.map(textOf);
    const lists: number[][] = [];
    for (const query of queries) lists.push(await stage.model.score(query, texts, signal));
    const scored = candidates.map((chunk, at) => ({
      ...chunk,
      score: Math.max(...lists.map((scores) => scores[at] ?? Number.NEGATIVE_INFINITY)),
    }));
    const kept = scored.filter((chunk) => stage.threshold === null || chunk.score >= stage.threshold);
    return {
      chunks: kept.toSorted((a, b) => b.score - a.score),
      notice: droppedNotice(scored.length - kept.length),
    };
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    return {
      chunks: [...candidates],
      notice: `Reranking failed and the order of the search was kept: ${error.plain}`,
    };
  }
}

function textOf(chunk: RetrievedChunk): string {
  return [chunk.documentName, chunk.heading.join(' > '), chunk.prefix ?? '', chunk.content]
    .filter((part) => part !== '')
    .join('\n');
}

function droppedNotice(count: number): string | null {
  return count === 0 ? null : `${count} passages scored below the reranking threshold and were left out.`;
}
