import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { readOptions, type EvalOptions } from '../../eval/options.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export type Files = Record<string, string | Uint8Array | readonly object[]>;

/** A folder with these files; objects become JSON lines. */
export function makeFolder(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'alcove-eval-test-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(
      join(folder, name),
      isLines(content) ? content.map((line) => `${JSON.stringify(line)}\n`).join('') : content,
    );
  }
  return folder;
}

function isLines(content: Files[string]): content is readonly object[] {
  return Array.isArray(content);
}

/** The options of a command line. */
export function optionsOf(...args: string[]): EvalOptions {
  const options = readOptions(args);
  if (options === null) throw new Error('these options ask for help');
  return options;
}

/** Ids of a run file, by query. */
export function readIds(path: string): Record<string, string[]> {
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const { query_id: query, results } = JSON.parse(line) as {
        query_id: string;
        results: [string, number][];
      };
      return [query, results.map(([id]) => id)];
    }),
  );
}
