import { writeFileSync } from 'node:fs';
import type { Run } from './metrics.ts';

/** Ranked ids with their scores, best first. */
export type ScoredRun = Map<string, [string, number][]>;

export function ranksOf(run: ScoredRun): Run {
  return new Map(Array.from(run, ([query, results]) => [query, results.map(([id]) => id)]));
}

/** A line `{ query_id, results: [[id, score], …] }` for each query. */
export function writeRun(path: string, run: ScoredRun): void {
  const lines = Array.from(run, ([id, results]) =>
    JSON.stringify({
      query_id: id,
      results: results.map(([found, score]) => [found, Number(score.toFixed(6))]),
    }),
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** `run.jsonl` → `run.zh.jsonl`: of several sets each has a file of its own. */
export function pathFor(path: string, part: string | null): string {
  return part === null ? path : path.replace(/(\.jsonl)?(\.gz)?$/, `.${part}$1$2`);
}
