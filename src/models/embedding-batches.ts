export interface BatchLimits {
  maxTexts: number;
  maxTokens: number;
}

/** Consecutive texts in groups that stay under both limits; a text over the limit is alone in its group. */
export function batchTexts(
  texts: string[],
  count: (text: string) => number,
  limits: BatchLimits,
): string[][] {
  const batches: string[][] = [];
  let batch: string[] = [];
  let tokens = 0;
  for (const text of texts) {
    const size = count(text);
    if (batch.length > 0 && (batch.length >= limits.maxTexts || tokens + size > limits.maxTokens)) {
      batches.push(batch);
      batch = [];
      tokens = 0;
    }
    batch.push(text);
    tokens += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** Runs the work with at most `parallel` under way; results keep the order of the items. The first failure stops the rest. */
export async function mapParallel<T, R>(
  items: T[],
  parallel: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let failed = false;
  async function drain() {
    for (const [index, item] of queue) {
      if (failed) return;
      results[index] = await work(item);
    }
  }
  const workers = Array.from({ length: Math.min(parallel, items.length) }, () =>
    drain().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.all(workers);
  return results;
}
