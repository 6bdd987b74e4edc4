import { compare, confidence, type Evaluation, type Metric } from './metrics.ts';

export const metrics: readonly Metric[] = ['R@1', 'R@3', 'R@5', 'R@10', 'nDCG@5', 'nDCG@10', 'MRR@10'];
const hits: readonly Metric[] = ['Hit@1', 'Hit@3', 'Hit@5', 'Hit@10'];

/** Each metric with its 95 % interval, and how many questions have a hit at all. */
export function printScores(name: string, evaluation: Evaluation): void {
  const { perQuery, missing } = evaluation;
  print(
    `\n${name}: ${perQuery.size} judged questions${missing === 0 ? '' : `, ${missing} of them not asked`}`,
  );
  for (const metric of [...metrics, ...hits]) {
    const { mean, low, high } = confidence(evaluation, metric);
    print(`  ${metric.padEnd(8)} ${mean.toFixed(3)}  [${low.toFixed(3)}, ${high.toFixed(3)}]`);
  }
}

/** A score with documents missing must not pass for a whole one. */
export function printMissed(missed: number): void {
  if (missed === 0) return;
  print(`  ${missed} documents could not be read: what they hold counts as not found.`);
  process.exitCode = 1;
}

/** One line, in the columns of the other lines. */
export function printLine(name: string, evaluation: Evaluation): void {
  print(
    `${name.padEnd(56)} n ${evaluation.perQuery.size} ${metrics.map((metric) => `${metric} ${(evaluation.mean[metric] ?? 0).toFixed(3)}`).join(' ')}`,
  );
}

export function printComparison(name: string, a: Evaluation, b: Evaluation): void {
  print(`  against ${name}, paired:`);
  for (const metric of metrics) {
    const { mean, low, high } = compare(a, b, metric);
    const verdict = low > 0 ? 'better' : high < 0 ? 'worse' : 'no clear difference';
    print(`  ${metric.padEnd(8)} ${signed(mean)}  [${signed(low)}, ${signed(high)}]  ${verdict}`);
  }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;
}
