import { existsSync, readFileSync } from 'node:fs';
import { confidence, type Evaluation, type Metric } from './metrics.ts';

const shown: readonly Metric[] = ['R@1', 'R@5', 'R@10', 'nDCG@5', 'nDCG@10', 'MRR@10'];

/** Prints one line of results: metrics, the 95 % interval of nDCG@10 and the reference implementation's value. */
export type PrintRow = (label: string, evaluation: Evaluation) => void;

/** `references` is a file of rows like `scifact test BM25   n 300 R@1 0.531 … nDCG@10 0.683 MRR@10 0.646`. */
export function createRowPrinter(references: string): PrintRow {
  const values = existsSync(references) ? readReferences(references) : new Map<string, number>();
  return function printRow(label, evaluation) {
    const { mean, low, high } = confidence(evaluation, 'nDCG@10');
    const numbers = shown
      .map((metric) => `${metric} ${(evaluation.mean[metric] ?? 0).toFixed(3)}`)
      .join('  ');
    const queries = String(evaluation.perQuery.size).padStart(4);
    const reference = values.get(referenceOf[label] ?? label);
    const beside =
      reference === undefined ? '' : `  reference ${reference.toFixed(3)} (${signed(mean - reference)})`;
    console.log(
      `${label.padEnd(44)} n ${queries}  ${numbers}  [${low.toFixed(3)}, ${high.toFixed(3)}]${beside}`,
    );
  };
}

/** Rows whose name in the reference file is another. */
const referenceOf: Readonly<Record<string, string>> = {
  scifact: 'scifact test BM25',
  tatqa: 'tatqa dev, all 278 contexts',
  locomo: 'locomo, all 5 conversations',
  ...Object.fromEntries(
    ['mtrag/fiqa', 'mtrag/cloud'].flatMap((set) => [
      [`${set} second set (un)`, `${set.replace('mtrag', 'mtrag-un')} last turn BM25`],
      ...['lastturn', 'rewrite'].flatMap((queries) => [
        [`${set} ${queries}`, `${set} ${queries} BM25`],
        [`${set} ${queries}, own conversation`, `${set} ${queries} BM25, own conversation, local idf`],
        [`${set} ${queries}, BGE alone`, `${set} ${queries} bge_base_1.5 (third-party run, full corpus)`],
        [
          `${set} ${queries}, fused with BGE`,
          `${set} ${queries} bge_base_1.5 (third-party run, full corpus)`,
        ],
      ]),
    ]),
  ),
  ...Object.fromEntries(
    'en es de ro el ru tr ar hi vi'
      .split(' ')
      .map((language) => [`xquad/${language}`, `xquad/${language} cjk=none`]),
  ),
  'xquad/th': 'xquad/th cjk=bigram',
  'xquad/zh': 'xquad/zh cjk=bigram',
  'financebench pages, all documents': 'financebench pages, all 25 documents',
};

/** nDCG@10 by the row's name. */
function readReferences(path: string): Map<string, number> {
  const rows = readFileSync(path, 'utf8').matchAll(/^(.+?)\s+n \d+ .*nDCG@10 ([\d.]+)/gm);
  return new Map(Array.from(rows, ([, label, value]) => [label!, Number(value)]));
}

function signed(difference: number): string {
  return `${difference < 0 ? '' : '+'}${difference.toFixed(3)}`;
}
