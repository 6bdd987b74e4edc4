import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** Compiles one file that imports from the project, by the project's own settings; returns the numbers of its lines with errors. */
export async function linesWithErrors(text: string): Promise<{ lines: number[]; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'alcove-types-'));
  try {
    const settings = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] },
      include: ['planted.mts'],
      exclude: [],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    await writeFile(join(folder, 'planted.mts'), text);
    const output = await compile(folder);
    const found = [...output.matchAll(/^(.*?)\((\d+),\d+\): error/gm)];
    const elsewhere = found.filter(([, path = '']) => !path.endsWith('planted.mts'));
    if (elsewhere.length > 0) throw new Error(`the project itself does not compile:\n${output}`);
    return { lines: [...new Set(found.map(([, , line]) => Number(line)))], output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function compile(folder: string): Promise<string> {
  const compiler = join(root, 'node_modules/typescript7/bin/tsc');
  return new Promise((done) => {
    execFile(
      process.execPath,
      [compiler, '--noEmit', '--pretty', 'false', '-p', folder],
      { cwd: folder },
      (_error, stdout) => done(stdout),
    );
  });
}
