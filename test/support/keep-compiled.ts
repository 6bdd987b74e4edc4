import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

let kept: Promise<WebAssembly.Module> | undefined;

/**
 * Compiles PGlite's WebAssembly and keeps it. Equal modules of one process share their code while one of them lives, so
 * that further databases of a test process start without compiling, and with what has been optimised so far.
 */
export function keepPgliteCompiled(): Promise<WebAssembly.Module> {
  return (kept ??= compile());
}

async function compile(): Promise<WebAssembly.Module> {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  return WebAssembly.compile(await readFile(join(main, '../pglite.wasm')));
}
