/**
 * `node scripts/build-vector-kernel.ts`: assembles src/indexing/vector-kernel.wat and compares the bytes with the
 * committed vector-kernel.wasm; with `--write` it writes them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import wabt from 'wabt';

const folder = resolve(import.meta.dirname, '../src/indexing');
const target = resolve(folder, 'vector-kernel.wasm');

const { parseWat } = await wabt();
const module = parseWat('vector-kernel.wat', readFileSync(resolve(folder, 'vector-kernel.wat'), 'utf8'), {
  simd: true,
});
module.validate();
// Without a name section: only what runs.
const bytes = Buffer.from(module.toBinary({ write_debug_names: false }).buffer);
module.destroy();

if (process.argv.includes('--write')) {
  writeFileSync(target, bytes);
  console.log(`Wrote ${bytes.length} bytes.`);
} else if (readFileSync(target).equals(bytes)) {
  console.log('vector-kernel.wasm is what its source gives.');
} else {
  console.error('vector-kernel.wasm differs from its source: node scripts/build-vector-kernel.ts --write');
  process.exitCode = 1;
}
