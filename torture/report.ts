import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import type { DatabaseKind, Figures } from './scenario.ts';

/** Of what, when and where an outcome is. */
export interface Run {
  date: string;
  commit: string;
  machine: string;
  seed: number;
  isSmoke: boolean;
}

export interface Outcome {
  name: string;
  database: DatabaseKind;
  checks: readonly string[];
  promise: string;
  protocol: string;
  /** Why it has one database; missing where it has both. */
  whyAlone?: string | undefined;
  state: 'held' | 'broken' | 'not run';
  /** Why it broke or could not run. */
  reason: string | null;
  figures: Figures;
  seconds: number;
  run: Run;
}

export function runOf(seed: number, isSmoke: boolean): Run {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commitOf(),
    machine: `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${memory} GB, Node ${process.versions.node}`,
    seed,
    isSmoke,
  };
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Figures that are worth a sum over the databases, by the words that they are counted under. */
const summed = [
  'kills',
  'acknowledged messages',
  'acknowledged documents',
  'acknowledged events of answers',
  'reads',
];

/** A table in Markdown: a row for each scenario and database. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(
    ({ name, checks, promise, protocol, whyAlone, database, state, figures, reason, seconds, run }) => [
      name,
      checks.join(', '),
      `${promise}: ${protocol}${whyAlone === undefined ? '' : `. On one database alone: ${whyAlone}`}`,
      database === 'pglite' ? 'PGlite' : 'PostgreSQL',
      state === 'held' ? 'held' : `**${state}**`,
      state === 'held' ? figuresIn(figures) : firstLine(reason ?? ''),
      `${run.seed}${run.isSmoke ? ' (smoke)' : ''}`,
      run.commit,
      `${Math.round(seconds)} s`,
    ],
  );
  const head = [
    'Scenario',
    'Checks',
    'Promise and protocol',
    'Database',
    'State',
    'Counts',
    'Seed',
    'Commit',
    'Time',
  ];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cellOf).join(' | ')} |`);
  return `${[...new Set(outcomes.map(({ run }) => `Run on ${run.date} on ${run.machine}.`))].join(' ')} ${sumsOf(outcomes)}\n\n${lines.join('\n')}`;
}

/** Only of what held: a broken run has counted nothing. */
function sumsOf(outcomes: readonly Outcome[]): string {
  const sums = summed.flatMap((what) => {
    const figures = outcomes.map((one) => one.figures[what]).filter((figure) => typeof figure === 'number');
    const sum = figures.reduce((total, figure) => total + figure, 0);
    return sum === 0 ? [] : [`${sum.toLocaleString('en')} ${what}`];
  });
  return sums.length === 0 ? '' : `On both databases together: ${sums.join(', ')}.`;
}

function figuresIn(figures: Figures): string {
  return Object.entries(figures)
    .map(([what, figure]) => `${typeof figure === 'number' ? figure.toLocaleString('en') : figure} ${what}`)
    .join(', ');
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function cellOf(text: string): string {
  return text.replaceAll('|', '\\|');
}
