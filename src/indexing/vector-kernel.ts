import { readFileSync } from 'node:fs';

/**
 * The inner loop of the vector scan as WebAssembly SIMD. Its source is `vector-kernel.wat`; the bytes are committed,
 * so that neither build nor install needs a toolchain, and `npm run check` holds them to the source.
 */
export function compileKernel(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL('./vector-kernel.wasm', import.meta.url)));
}

export interface KernelExports {
  /**
   * Writes for each of `count` rows of `stride` int8 (a multiple of 32) the dot product with the int16 query, times
   * the row's float32 scale, to `out` (float32). All but `count` and `stride` are addresses.
   */
  scan(rows: number, count: number, stride: number, query: number, scales: number, out: number): void;
}
