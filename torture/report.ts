import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import type { DatabaseKind, Figures } from './scenario.ts';

export interface Outcome {
  name: string;
  database: DatabaseKind;
  checks: readonly string[];
  promise: string;
  protocol: string;
  state: 'held' | 'broken' | 'not run';
  /** Why it broke or could not run. */
  reason: string | null;
  figures: Figures;
  seconds: number;
}

export interface TortureReport {
  date: string;
  commit: string;
  machine: string;
  seed: number;
  outcomes: readonly Outcome[];
}

/** Where and of what the figures are. */
export function machineOf(): Pick<TortureReport, 'date' | 'commit' | 'machine'> {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commitOf(),
    machine: `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${memory} GB, Node ${process.versions.node}`,
  };
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** A table in Markdown: a row for each scenario and database. */
export function tableOf(report: TortureReport): string {
  const rows = report.outcomes.map(
    ({ checks, promise, protocol, database, state, figures, reason, seconds }) => [
      checks.join(', '),
      promise,
      protocol,
      database === 'pglite' ? 'PGlite' : 'PostgreSQL',
      state === 'held' ? figuresIn(figures) : `**${state}**: ${firstLine(reason ?? '')}`,
      `${Math.round(seconds)} s`,
    ],
  );
  const head = ['Check', 'Promise', 'Protocol', 'Database', 'Last run', 'Time'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cellOf).join(' | ')} |`);
  return `Run on ${report.date}, commit ${report.commit}, seed ${report.seed}, on ${report.machine}.\n\n${lines.join('\n')}`;
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
