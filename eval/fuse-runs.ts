import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fuse } from '../src/indexing/fusion.ts';
import { readJudgements, readRun } from './datasets.ts';
import { EvalError } from './eval-error.ts';
import { queryFiles } from './folder-files.ts';
import { evaluate, type Run } from './metrics.ts';
import type { EvalOptions } from './options.ts';
import { printComparison, printLine, printScores } from './report.ts';
import { ranksOf, type ScoredRun, writeRun } from './run-file.ts';

interface WeighedRun {
  name: string;
  run: Run;
  weights: number[];
}

/** Fuses run files as the server fuses its legs; lists of weights are tried in every combination. */
export function fuseRuns({ folder, fuse: names, fusion, out, compare, ...options }: EvalOptions): void {
  const runs = (names ?? []).map((name) => readWeighed(folder, name));
  const { qrels } = queryFiles(folder, options);
  if (qrels === undefined)
    throw new EvalError(`${folder} has no judgements to score with: give --qrels FILE.`);
  const judgements = readJudgements(qrels);
  for (const { name, run } of runs) printLine(`${name} alone`, evaluate(run, judgements));
  const combinations = combine(runs.map((run) => run.weights));
  if (out !== undefined && combinations.length > 1)
    throw new EvalError('--out takes one combination of weights.');
  for (const weights of combinations) {
    const fused = fuseOnce(runs, weights, fusion);
    const scores = evaluate(ranksOf(fused), judgements);
    const name = `weights ${weights.join(' : ')}`;
    if (combinations.length > 1) printLine(name, scores);
    else printScores(name, scores);
    if (compare !== undefined) printComparison(compare, scores, evaluate(readRun(compare), judgements));
    if (out !== undefined) writeRun(out, fused);
  }
}

export function fuseOnce(
  runs: readonly { run: Run }[],
  weights: readonly number[],
  fusion: EvalOptions['fusion'],
): ScoredRun {
  const queries = new Set(runs.flatMap(({ run }) => [...run.keys()]));
  return new Map(
    Array.from(queries, (query) => {
      const lists = runs.map(({ run }, at) => ({ ids: run.get(query) ?? [], weight: weights[at] ?? 1 }));
      return [query, fuse(lists, fusion).map(({ id, score }): [string, number] => [id, score])];
    }),
  );
}

/** `FILE`, `FILE:0.3` or `FILE:0.1,0.2,0.3`. */
function readWeighed(folder: string, given: string): WeighedRun {
  const [, name = given, list] = /^(.*?)(?::([\d.,]+))?$/.exec(given) ?? [];
  const path = [name, join(folder, name)].find((one) => existsSync(one));
  if (path === undefined) throw new EvalError(`There is no run file ${name}, neither here nor in ${folder}.`);
  const weights = (list ?? '1').split(',').map(Number);
  if (weights.some((weight) => !Number.isFinite(weight)))
    throw new EvalError(`The weights of ${name} are numbers: ${list}.`);
  return { name, run: readRun(path), weights };
}

function combine(lists: readonly number[][]): number[][] {
  return lists.reduce<number[][]>(
    (all, list) => all.flatMap((one) => list.map((weight) => [...one, weight])),
    [[]],
  );
}
