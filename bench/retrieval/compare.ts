import { alternate, type Candidate, median, percentile, throughput } from '../measure.ts';
import type { MadeQuery } from '../synthetic/collection.ts';
import type { BulkConversation } from '../peers/peer.ts';
import { round, type Table } from '../report.ts';
import { exactNearest } from './exact.ts';

export interface AskedQuery extends MadeQuery {
  conversation: BulkConversation;
}

/** One way to answer a question. */
export interface Contender {
  name: string;
  search(query: AskedQuery): Promise<unknown>;
  /** The numbers of the chunks that were found, from what `search` gave; this is not timed. */
  numbersOf(query: AskedQuery, found: unknown): number[];
  /** Calls per second of two clients, where one process cannot have two. */
  twoClients?(queries: readonly AskedQuery[], ms: number): Promise<number>;
}

export interface CompareOptions {
  title: string;
  queries: readonly AskedQuery[];
  topK: number;
  rounds: number;
  /** The name that the others are compared with. */
  base: string;
  limit?: Candidate;
}

const perRound = 40;
const maxMsPerTurn = 400;
const throughputMs = 700;
const throughputRounds = 2;

/** Latency, throughput and recall of the contenders on the same questions, in turns. */
export async function compare(contenders: readonly Contender[], options: CompareOptions): Promise<Table> {
  const { queries, rounds, topK, base } = options;
  const candidates = contenders.map(({ name, search }) => ({
    name,
    run: (at: number) => search(queries[at % queries.length]!),
  }));
  const limits = options.limit === undefined ? [] : [options.limit];
  const samples = await alternate([...limits, ...candidates], { rounds, perRound, maxMsPerTurn });
  const rates: Record<string, number[]> = {};
  for (let turn = 0; turn < throughputRounds; turn += 1) {
    for (const { name, search, twoClients } of contenders) {
      const rate = twoClients
        ? await twoClients(queries, throughputMs)
        : await throughput((at) => search(queries[at % queries.length]!), 2, throughputMs);
      (rates[name] ??= []).push(rate);
    }
  }
  const baseTime = median(samples[base] ?? []);
  const rows: Table['rows'] = limits.map(({ name }) => row(name, samples[name]!, baseTime));
  for (const contender of contenders) {
    rows.push({
      ...row(contender.name, samples[contender.name]!, baseTime),
      per_s_2_clients: round(median(rates[contender.name]!)),
      [`of the nearest ${topK}`]: await recallOf(contender, queries, topK),
    });
  }
  return { title: options.title, rows };
}

function row(name: string, times: readonly number[], baseTime: number): Table['rows'][number] {
  const p50 = median(times);
  return {
    what: name,
    best_ms: round(Math.min(...times)),
    p50_ms: round(p50),
    p99_ms: round(percentile(times, 0.99)),
    'Alcove is faster by': round(p50 / baseTime),
  };
}

/** Share of the exact neighbours that were found; of a fused list this says how much the other leg changed. */
async function recallOf(contender: Contender, queries: readonly AskedQuery[], k: number): Promise<number> {
  let found = 0;
  let wanted = 0;
  for (const query of queries) {
    const exact = exactNearest(query.conversation, query.vector, k);
    const results = new Set(contender.numbersOf(query, await contender.search(query)));
    found += exact.filter((number) => results.has(number)).length;
    wanted += exact.length;
  }
  return round(found / wanted);
}
