import type { InstallationStatistics } from '@alcove/contract';
import type { DaySums } from './daily-usage-store.ts';
import { type PriceTable, priceUsage } from './prices.ts';
import type { ModelTokens } from './usage-store.ts';

type Day = InstallationStatistics['usage_by_day'][number];

const nothing: Omit<Day, 'day' | 'tokens' | 'cost'> = {
  answers: 0,
  failed_answers: 0,
  answers_from_documents: 0,
  cited_answers: 0,
  citations: { verified: 0, unverified: 0, contradicted: 0 },
  retrievals: 0,
  cache_hits: 0,
  cache_hit_rate: null,
  processing_time_ms: null,
  latency_ms: {},
  documents: 0,
  bytes: 0,
};

/** Days on which there was anything, oldest first. */
export function presentDays(
  sums: readonly (DaySums & { day: string })[],
  usage: readonly (ModelTokens & { day: string })[],
  prices: PriceTable,
): Day[] {
  const counted = new Map(sums.map((one) => [one.day, one]));
  const asked = Map.groupBy(usage, ({ day }) => day);
  return [...new Set([...counted.keys(), ...asked.keys()])].toSorted().map((day) => {
    const own = counted.get(day);
    const models = asked.get(day) ?? [];
    return {
      day,
      ...(own === undefined ? nothing : presentSums(own)),
      tokens: {
        input: models.reduce((total, { input }) => total + input, 0),
        output: models.reduce((total, { output }) => total + output, 0),
      },
      cost: priceUsage(models, prices).cost,
    };
  });
}

function presentSums(of: DaySums): typeof nothing {
  const { answers, retrievals, cache_hits: hits, timed, documents, bytes } = of;
  return {
    answers,
    failed_answers: of.failed,
    answers_from_documents: of.from_documents,
    cited_answers: of.cited,
    citations: {
      verified: of.verified_citations,
      unverified: of.unverified_citations,
      contradicted: of.contradicted_citations,
    },
    retrievals,
    cache_hits: hits,
    cache_hit_rate: retrievals === 0 ? null : hits / retrievals,
    processing_time_ms: timed === 0 ? null : timesOf(of),
    latency_ms: timed === 0 ? {} : stagesOf(of),
    documents,
    bytes,
  };
}

function timesOf({ timed, total_ms: total, within_2s, within_5s, within_15s, within_60s }: DaySums) {
  return { n: timed, mean: total / timed, within_2s, within_5s, within_15s, within_60s };
}

function stagesOf({ timed, ...of }: DaySums): Record<string, number> {
  return {
    rewrite: of.rewrite_ms / timed,
    embed: of.embed_ms / timed,
    vector: of.vector_ms / timed,
    keyword: of.keyword_ms / timed,
    fuse: of.fuse_ms / timed,
    rerank: of.rerank_ms / timed,
    generate: of.generate_ms / timed,
  };
}
