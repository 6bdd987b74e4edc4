import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export type Cell = string | number | null;

export interface Table {
  title: string;
  rows: Record<string, Cell>[];
  /** What the figures mean, and what they leave out. */
  notes?: string[];
}

/** Three significant digits, which is more than a shared machine can promise. */
export function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : Number.NaN;
}

export function printTable({ title, rows, notes = [] }: Table): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => show(row[column])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  console.log(`\n${title}`);
  for (const line of lines) {
    console.log(
      `  ${line.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ')}`.trimEnd(),
    );
  }
  for (const note of notes) console.log(`  ${note}`);
}

export function writeReport(path: string, command: string, tables: readonly Table[]): void {
  const report = { command, at: new Date().toISOString(), machine: describeMachine(), tables };
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
}

export function describeMachine(): Record<string, Cell> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
  };
}

function show(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '-';
  return typeof cell === 'number'
    ? Number.isFinite(cell)
      ? cell.toLocaleString('en-US', { maximumSignificantDigits: 3 })
      : '-'
    : cell;
}
