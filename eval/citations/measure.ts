import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createCitationFilter } from '../../src/answers/citations/filter.ts';
import { readBackground } from '../../src/indexing/background.ts';
import { detectLanguage } from '../../src/indexing/language.ts';
import { EvalError } from '../eval-error.ts';
import { type Interval, shareInterval } from '../metrics.ts';
import { type CitationCase, readCases } from './cases.ts';

type State = 'verified' | 'unverified' | 'contradicted' | 'none';
type Cell = Record<State, number>;

/** What each kind of case should come to, as a share of all its cases. */
const targets: Record<string, { state: State; least?: number; most?: number }[]> = {
  exact: [{ state: 'verified', least: 0.99 }],
  'numbers changed': [{ state: 'verified', most: 0.02 }],
  negated: [{ state: 'verified', most: 0.1 }],
  'answer swapped': [{ state: 'verified', most: 0.5 }],
  'another paragraph': [{ state: 'verified', most: 0.02 }],
  translation: [{ state: 'contradicted', most: 0.02 }],
  'translation, another paragraph': [{ state: 'verified', most: 0.02 }],
  'translation, numbers changed': [{ state: 'verified', most: 0.02 }],
  'translation, negated': [{ state: 'verified', most: 0.1 }],
  'translation, answer swapped': [{ state: 'verified', most: 0.5 }],
};
const background = readBackground();

/**
 * Checks statements that are known to be true or false of their passage, as an answer's are.
 * @returns lines of a table, and the targets that were missed
 * @throws EvalError when the folder has not got XQuAD, TAT-QA and LoCoMo
 */
export function measureCitations(folder: string, each: number): { lines: string[]; missed: string[] } {
  for (const set of ['xquad', 'tatqa', 'locomo'])
    if (!existsSync(join(folder, set)))
      throw new EvalError(
        `There is no ${set} in ${folder}: name the folder that holds xquad, tatqa and locomo.`,
      );
  const cells = new Map<string, Cell>();
  for (const [at, one] of readCases(folder).entries()) {
    if (at % each !== 0) continue;
    const state = stateOf(one);
    for (const key of [one.kind, `  ${one.kind}, ${one.set}`]) {
      const cell = cells.get(key) ?? { verified: 0, unverified: 0, contradicted: 0, none: 0 };
      cell[state] += 1;
      cells.set(key, cell);
    }
  }
  const order = (key: string): string => (key.startsWith(' ') ? key.trim() : `${key},`);
  const sorted = [...cells].toSorted(([a], [b]) => (order(a) < order(b) ? -1 : 1));
  const missed = Object.entries(targets).flatMap(([kind, wanted]) =>
    wanted
      .filter(({ state, least = 0, most = 1 }) => {
        const { mean } = shareOf(cells.get(kind), state);
        return mean < least || mean > most;
      })
      .map(
        ({ state, least, most }) => `${kind}: ${state} ${least === undefined ? `≤ ${most}` : `≥ ${least}`}`,
      ),
  );
  return { lines: sorted.map(([key, cell]) => line(key, cell)), missed };
}

function line(key: string, cell: Cell): string {
  const states = (['verified', 'unverified', 'contradicted'] as const).map((state) => {
    const { mean, low, high } = shareOf(cell, state);
    return `${state} ${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  });
  return `${key.padEnd(36)} ${String(totalOf(cell)).padStart(6)}  ${states.join('  ')}`;
}

function shareOf(cell: Cell | undefined, state: State): Interval {
  return cell === undefined ? shareInterval(0, 0) : shareInterval(cell[state], totalOf(cell));
}

function totalOf(cell: Cell): number {
  return Object.values(cell).reduce((sum, count) => sum + count, 0);
}

function stateOf({ statement, passage }: CitationCase): State {
  const source = { n: 1, text: passage, language: detectLanguage(passage) };
  const filter = createCitationFilter([source], background);
  const end = /[.!?。！？।]$/u.exec(statement)?.[0] ?? '';
  const body = end === '' ? statement : statement.slice(0, -end.length);
  const pieces = [filter.push(`${body} [1]${end || '.'}`), filter.flush()];
  return pieces.flatMap(({ citations }) => citations)[0]?.verification ?? 'none';
}
