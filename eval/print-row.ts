import { confidence, type Evaluation, type Metric } from './metrics.ts';

const shown: readonly Metric[] = ['R@1', 'R@5', 'R@10', 'nDCG@5', 'nDCG@10', 'MRR@10'];

/** One line of results, with the 95 % interval of nDCG@10. */
export function printRow(label: string, evaluation: Evaluation): void {
  const { low, high } = confidence(evaluation, 'nDCG@10');
  const numbers = shown.map((metric) => `${metric} ${(evaluation.mean[metric] ?? 0).toFixed(3)}`).join('  ');
  const queries = String(evaluation.perQuery.size).padStart(4);
  console.log(`${label.padEnd(44)} n ${queries}  ${numbers}  [${low.toFixed(3)}, ${high.toFixed(3)}]`);
}
