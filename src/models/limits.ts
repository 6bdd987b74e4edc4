/** How long and how much a provider may take; every value is in the unit of its name. */
export interface ModelLimits {
  firstTokenMs: number;
  stallMs: number;
  totalMs: number;
  embedMs: number;
  rerankMs: number;
  discoverMs: number;
  maxAttempts: number;
  backoffMs: number;
  maxRetryAfterMs: number;
  maxAnswerBytes: number;
}

const defaultLimits: ModelLimits = {
  // A local server may read a model of several gigabytes from disk and a long prompt on a CPU first.
  firstTokenMs: 120_000,
  // Slower than one token in 30 s is dead for a person who waits.
  stallMs: 30_000,
  totalMs: 600_000,
  embedMs: 60_000,
  // A person waits for it before the first word of the answer; without it the order of the search stays.
  rerankMs: 10_000,
  // Discovery delays the start of the server.
  discoverMs: 1_500,
  maxAttempts: 3,
  backoffMs: 500,
  // A longer wait is the caller's to decide: it gets the number of seconds instead.
  maxRetryAfterMs: 10_000,
  // About 250,000 tokens: more than any provider writes in one answer.
  maxAnswerBytes: 1_000_000,
};

export function limitsOf(config: { limits?: Partial<ModelLimits> }): ModelLimits {
  return { ...defaultLimits, ...config.limits };
}
