import type { Citation, Timings } from '@alcove/contract';
import type { MessageRow } from '../conversations/message-store.ts';
import type { Statement } from '../db/database.ts';
import { addToDay, type DaySums } from '../identity/daily-usage-store.ts';
import { type Held, heldValues, isHeld } from './lease-store.ts';

/** What statistics of everybody keep of an answer: numbers, which outlive it. */
export interface CountedAnswer {
  /** Null where that is not known any more. */
  mode: 'documents' | 'llm' | null;
  status: Exclude<MessageRow['status'], 'streaming'>;
  citations: readonly Pick<Citation, 'verification'>[];
  /** Null when nothing was retrieved. */
  cacheHit: boolean | null;
  /** Null where its writer is gone. */
  times: { totalMs: number; stages: Timings } | null;
}

/** Adds an answer to the day on which it ended, while its lease is held. */
export function countAnswer(held: Held, answer: CountedAnswer, now: Date): Statement {
  const [, ...values] = heldValues(held);
  return addToDay(held.scope.user, 'count_answer', { text: `work ${isHeld}`, values }, sumsOf(answer), now);
}

function sumsOf({ mode, status, citations, cacheHit, times }: CountedAnswer): Partial<DaySums> {
  const cited = (found: Citation['verification']): number =>
    citations.filter(({ verification }) => verification === found).length;
  const verified = cited('verified');
  const within = (seconds: number): number => one(times !== null && times.totalMs <= seconds * 1000);
  const stage = (name: keyof Timings): number => Math.round(times?.stages[name] ?? 0);
  return {
    answers: 1,
    failed: one(status === 'failed' || status === 'incomplete'),
    from_documents: one(mode === 'documents'),
    cited: one(mode === 'documents' && verified > 0),
    verified_citations: verified,
    unverified_citations: cited('unverified'),
    contradicted_citations: cited('contradicted'),
    retrievals: one(cacheHit !== null),
    cache_hits: one(cacheHit === true),
    timed: one(times !== null),
    within_2s: within(2),
    within_5s: within(5),
    within_15s: within(15),
    within_60s: within(60),
    total_ms: times === null ? 0 : Math.round(times.totalMs),
    rewrite_ms: stage('rewrite'),
    embed_ms: stage('embed'),
    vector_ms: stage('vector'),
    keyword_ms: stage('keyword'),
    fuse_ms: stage('fuse'),
    rerank_ms: stage('rerank'),
    generate_ms: stage('generate'),
  };
}

function one(isSo: boolean): number {
  return isSo ? 1 : 0;
}
