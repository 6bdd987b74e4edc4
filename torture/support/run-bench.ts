import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DatabaseKind } from '../scenario.ts';
import { mustBe } from './claims.ts';

const root = resolve(import.meta.dirname, '../..');

export interface BenchRow {
  what: string;
  value: number;
}

/** A benchmark of `bench/` on this database; its rows of all tables. */
export async function runBench(
  command: string,
  database: DatabaseKind,
  serverUrl: string | null,
  ...args: string[]
): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-torture-bench-'));
  const out = join(folder, 'bench.json');
  try {
    const where = database === 'postgres' && serverUrl !== null ? ['--database', serverUrl] : [];
    const { TEST_DATABASE_URL: _, ...env } = process.env;
    const child = spawn(
      process.execPath,
      [join(root, 'bench/main.ts'), command, '--out', out, ...where, ...args],
      {
        cwd: root,
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const [code] = (await once(child, 'exit')) as [number | null];
    mustBe(code === 0, `bench ${command} ended with code ${code}: ${complaints.slice(-500)}`);
    const { tables } = JSON.parse(await readFile(out, 'utf8')) as { tables: { rows: BenchRow[] }[] };
    return tables.flatMap(({ rows }) => rows);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
