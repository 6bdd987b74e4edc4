/** One thing that is timed: `run` does it once; `at` counts its calls. */
export interface Candidate {
  name: string;
  run(at: number): unknown;
}

export interface Samples {
  [name: string]: number[];
}

/**
 * Times the candidates alternately, so that a busy moment of the machine falls on all of them.
 * @returns milliseconds of each call, by candidate
 */
export async function alternate(
  candidates: readonly Candidate[],
  {
    rounds,
    perRound,
    maxMsPerTurn = Number.POSITIVE_INFINITY,
  }: { rounds: number; perRound: number; maxMsPerTurn?: number },
): Promise<Samples> {
  const samples: Samples = {};
  for (const { name, run } of candidates) {
    samples[name] = [];
    await take(run, 0, []);
  }
  for (let round = 0; round < rounds; round += 1) {
    // Each round begins with another one: nobody always runs after the same neighbour.
    for (let turn = 0; turn < candidates.length; turn += 1) {
      const { name, run } = candidates[(round + turn) % candidates.length]!;
      await take(run, round * perRound, samples[name]!);
    }
  }
  return samples;

  /** One turn: so many calls, or fewer of a slow candidate, but never less than two. */
  async function take(run: Candidate['run'], first: number, into: number[]): Promise<void> {
    const begun = performance.now();
    for (let at = 0; at < perRound && (at < 2 || performance.now() - begun < maxMsPerTurn); at += 1) {
      const started = performance.now();
      await run(first + at);
      into.push(performance.now() - started);
    }
  }
}

/** Calls per second with `clients` callers that each wait for their answer. */
export async function throughput(run: (at: number) => unknown, clients: number, ms: number): Promise<number> {
  let calls = 0;
  const started = performance.now();
  const client = async (first: number): Promise<void> => {
    for (let at = first; performance.now() - started < ms; at += clients) {
      await run(at);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, first) => client(first)));
  return (calls * 1000) / (performance.now() - started);
}

/** By the nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export async function timed<T>(work: () => Promise<T> | T): Promise<{ ms: number; value: T }> {
  const started = performance.now();
  const value = await work();
  return { ms: performance.now() - started, value };
}
