/** Relevance of each judged document of each query: query id → document id → grade above 0. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Ranked document ids of each query, best first. */
export type Run = ReadonlyMap<string, readonly string[]>;

export type Metric = `${'R' | 'nDCG' | 'MRR' | 'Hit'}@${number}`;
export type QueryScores = Record<Metric, number>;

export interface Evaluation {
  /** Means over every judged query; a query that the run lacks scores 0. */
  mean: QueryScores;
  perQuery: Map<string, QueryScores>;
  missing: number;
}

export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/** Recall, nDCG, MRR and hit rate at each depth, by the conventions of trec_eval (linear gain, log2 discount). */
export function evaluate(
  run: Run,
  judgements: Judgements,
  depths: readonly number[] = [1, 3, 5, 10],
): Evaluation {
  const perQuery = new Map<string, QueryScores>();
  let missing = 0;
  for (const [query, relevant] of judgements) {
    const ranked = run.get(query);
    if (!ranked) missing++;
    perQuery.set(query, scoreQuery(ranked ?? [], relevant, depths));
  }
  return { mean: meanOf([...perQuery.values()]), perQuery, missing };
}

/** Scores of one ranked list. A document that it names twice counts once. */
export function scoreQuery(
  ranked: readonly string[],
  relevant: ReadonlyMap<string, number>,
  depths: readonly number[],
): QueryScores {
  const gains = [...new Set(ranked)].map((id) => relevant.get(id) ?? 0);
  const ideal = [...relevant.values()].toSorted((a, b) => b - a);
  const scores: QueryScores = {};
  for (const depth of depths) {
    const top = gains.slice(0, depth);
    const found = top.filter((gain) => gain > 0).length;
    const first = top.findIndex((gain) => gain > 0);
    const best = discountedGain(ideal.slice(0, depth));
    scores[`R@${depth}`] = found / relevant.size;
    scores[`nDCG@${depth}`] = best > 0 ? discountedGain(top) / best : 0;
    scores[`MRR@${depth}`] = first < 0 ? 0 : 1 / (first + 1);
    scores[`Hit@${depth}`] = found > 0 ? 1 : 0;
  }
  return scores;
}

/** Mean of a metric with its 95 % bootstrap interval over queries; the same numbers give the same interval. */
export function confidence(evaluation: Evaluation, metric: Metric, rounds = 2000): Interval {
  const values = [...evaluation.perQuery.values()].map((scores) => scores[metric] ?? 0);
  return bootstrap(values, rounds);
}

/** Mean difference `a - b` over the queries of both, with its 95 % paired bootstrap interval. */
export function compare(a: Evaluation, b: Evaluation, metric: Metric, rounds = 5000): Interval {
  const differences: number[] = [];
  for (const [query, scores] of a.perQuery) {
    const other = b.perQuery.get(query);
    if (other) differences.push((scores[metric] ?? 0) - (other[metric] ?? 0));
  }
  return bootstrap(differences, rounds);
}

function discountedGain(gains: readonly number[]): number {
  return gains.reduce((sum, gain, at) => sum + gain / Math.log2(at + 2), 0);
}

function meanOf(all: readonly QueryScores[]): QueryScores {
  const mean: QueryScores = {};
  for (const scores of all) {
    for (const metric of Object.keys(scores) as Metric[]) {
      mean[metric] = (mean[metric] ?? 0) + scores[metric]! / all.length;
    }
  }
  return mean;
}

/** Mean with its 95 % bootstrap interval; the same values give the same interval. */
export function bootstrap(values: readonly number[], rounds: number): Interval {
  if (values.length === 0) return { mean: 0, low: 0, high: 0 };
  const random = seededRandom();
  const means = Array.from({ length: rounds }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)]!;
    return sum / values.length;
  }).toSorted((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, low: means[Math.floor(rounds * 0.025)]!, high: means[Math.floor(rounds * 0.975)]! };
}

/** So many standard errors hold 95 % of a normal distribution. */
const z = 1.959964;

/** A share with its 95 % interval by Wilson's score, which holds for shares of 0 and 1 too. */
export function shareInterval(hits: number, count: number): Interval {
  if (count === 0) return { mean: 0, low: 0, high: 1 };
  const mean = hits / count;
  const spread = z * Math.sqrt((mean * (1 - mean)) / count + (z * z) / (4 * count * count));
  const [low, high] = [-spread, spread].map(
    (one) => (mean + (z * z) / (2 * count) + one) / (1 + (z * z) / count),
  );
  return { mean, low: Math.max(0, low!), high: Math.min(1, high!) };
}

/** Linear congruential generator of Numerical Recipes, in [0, 1). */
export function seededRandom(seed = 42): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
