import type { AnswerMetadata, ConversationStatistics, Source, StatisticsOverview } from '@alcove/contract';
import { expect } from 'vitest';

// The figures of statistics, counted from what a client was shown.

/** What an answer came to, failed ones too, as its message tells it. */
export type Made = AnswerMetadata & { mode: 'documents' | 'llm'; search_results: Source[] };

/** What a client could count by itself. */
export interface Said {
  id: string;
  role: 'user' | 'assistant' | 'system';
  content: string;
  status: string;
  /** Null for what a client wrote. */
  made: Made | null;
}

export interface Conversation {
  id: string;
  /** Each below the one before. */
  messages: Said[];
  documents: { id: string; name: string; size: number; chunks: number }[];
}

const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);
const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
export const ofRole = (said: readonly Said[], wanted: string): number =>
  said.filter(({ role }) => role === wanted).length;
const madeOf = (said: readonly Said[]): Made[] => said.flatMap(({ made }) => made ?? []);
const citedIn = (made: readonly Made[]): Source[] =>
  made.flatMap(({ search_results: sources }) => sources.filter(({ verified }) => verified));

export function countOf(all: readonly Conversation[]) {
  const messages = all.flatMap((one) => one.messages);
  const documents = all.flatMap((one) => one.documents);
  return {
    total_messages: messages.length,
    messages_by_role: {
      user: ofRole(messages, 'user'),
      assistant: ofRole(messages, 'assistant'),
      system: ofRole(messages, 'system'),
    },
    total_documents: documents.length,
    total_chunks: sum(documents.map(({ chunks }) => chunks)),
    total_bytes: sum(documents.map(({ size }) => size)),
  };
}

export function usageOf(said: readonly Said[]) {
  const made = madeOf(said);
  const tokens = {
    input: sum(made.map((one) => one.tokens.input)),
    output: sum(made.map((one) => one.tokens.output)),
  };
  return { tokens, models: made.length === 0 ? [] : [{ model: 'test-chat', answers: made.length, tokens }] };
}

/** Of the answers that searched. */
export function cacheRate(said: readonly Said[]): number | null {
  const searched = madeOf(said).filter(({ mode }) => mode === 'documents');
  return share(searched.filter((one) => one.cache_hit).length, searched.length);
}

export function daysOf(messages: number, questions: number) {
  return messages === 0
    ? { active_days: 0, questions_per_active_day: null, last_active_on: null }
    : {
        active_days: 1,
        questions_per_active_day: questions,
        last_active_on: new Date().toISOString().slice(0, 10),
      };
}

export function neverCited({ messages, documents }: Conversation): string[] {
  const cited = new Set(citedIn(madeOf(messages)).map((source) => source.document_id));
  return documents.flatMap(({ id }) => (cited.has(id) ? [] : [id])).toSorted();
}

/** An answer right below a question answers it, unless it failed or rests on nothing although it searched. */
export function unanswered(messages: readonly Said[]): string[] {
  return messages
    .filter(({ role }, at) => {
      const next = messages[at + 1];
      if (role !== 'user') return false;
      if (next?.role !== 'assistant' || next.status !== 'complete') return true;
      return next.made?.mode === 'documents' && citedIn([next.made]).length === 0;
    })
    .map(({ id }) => id)
    .toSorted();
}

export function expectMeasures(
  told: StatisticsOverview | ConversationStatistics,
  said: readonly Said[],
): void {
  const made = madeOf(said);
  expectLatencies(told, made);
  const { retrieval_quality: quality } = told;
  const searched = made.filter(({ mode }) => mode === 'documents');
  const cited = citedIn(searched);
  expect(quality.answers).toBe(searched.length);
  expect(quality.cited_share).toBe(
    share(searched.filter((one) => citedIn([one]).length > 0).length, searched.length),
  );
  const mean = share(sum(cited.map(({ score }) => score)), cited.length);
  if (mean === null) expect(quality.mean_cited_score).toBeNull();
  else expect(quality.mean_cited_score).toBeCloseTo(mean, 9);
}

/** What a day says of the answers that were made on it. */
export function expectDay(
  told: StatisticsOverview['answers_by_day'][number] | undefined,
  day: string,
  said: readonly Said[],
): void {
  const searched = madeOf(said).filter(({ mode }) => mode === 'documents');
  expect(told).toMatchObject({
    day,
    retrievals: searched.length,
    cache_hits: searched.filter((one) => one.cache_hit).length,
    cache_hit_rate: cacheRate(said),
  });
  if (told !== undefined) expectLatencies(told, madeOf(said));
}

function expectLatencies(
  {
    processing_time_ms: total,
    latency_ms: stages,
  }: Pick<StatisticsOverview, 'processing_time_ms' | 'latency_ms'>,
  made: readonly Made[],
): void {
  expectPercentiles(
    total ?? undefined,
    made.map((one) => one.processing_time_ms),
  );
  for (const stage of ['rewrite', 'embed', 'vector', 'keyword', 'fuse', 'rerank', 'generate'] as const)
    expectPercentiles(
      stages[stage],
      made.flatMap((one) => one.timings_ms[stage] ?? []),
    );
}

/** Between two measured times a percentile is as far as it is between their ranks. */
function expectPercentiles(
  told: StatisticsOverview['latency_ms'][string] | undefined,
  times: number[],
): void {
  if (times.length === 0) {
    expect(told).toBeUndefined();
    return;
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): number => {
    const rank = part * (sorted.length - 1);
    const [below = 0, above = below] = sorted.slice(Math.floor(rank), Math.floor(rank) + 2);
    return below + (above - below) * (rank % 1);
  };
  expect(told?.n).toBe(times.length);
  for (const [name, part] of [
    ['p50', 0.5],
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const)
    expect(told?.[name]).toBeCloseTo(at(part), 6);
}
