/**
 * The inner loop of the vector scan as WebAssembly SIMD, written out as bytes: no toolchain at build or install.
 * `scan(rows, count, stride, query, scales, out)` writes for each of `count` rows of `stride` int8 (a multiple
 * of 32) the dot product with the int16 query, times the row's float32 scale, to `out` (float32).
 */
export function compileKernel(): WebAssembly.Module {
  return new WebAssembly.Module(assemble());
}

export interface KernelExports {
  scan(rows: number, count: number, stride: number, query: number, scales: number, out: number): void;
}

/** Local variables: the six parameters, then our own. */
const rows = 0;
const count = 1;
const stride = 2;
const query = 3;
const scales = 4;
const out = 5;
const at = 6;
const end = 7;
const part = 8;
const sums = [9, 10, 11, 12] as const;

const i32 = 0x7f;
const v128 = 0x7b;

function assemble(): Uint8Array<ArrayBuffer> {
  const body = [
    ...vector(run(2, i32), run(5, v128)),
    ...get(count),
    0x45,
    0x04,
    0x40,
    0x0f,
    0x0b, // if count = 0 return
    0x03,
    0x40, // loop over rows
    ...get(rows),
    ...get(stride),
    0x6a,
    ...set(end),
    ...get(query),
    ...set(at),
    ...sums.flatMap((sum) => [0xfd, 0x0c, ...new Array<number>(16).fill(0), ...set(sum)]),
    0x03,
    0x40, // loop over the row, 32 values at a time
    ...sixteen(0, sums[0], sums[1]),
    ...sixteen(1, sums[2], sums[3]),
    ...step(rows, 32),
    ...step(at, 64),
    ...get(rows),
    ...get(end),
    0x49,
    0x0d,
    0x00,
    0x0b, // again while rows < end
    ...get(out),
    ...get(sums[0]),
    ...get(sums[1]),
    ...addLanes,
    ...get(sums[2]),
    ...get(sums[3]),
    ...addLanes,
    ...addLanes,
    ...set(sums[0]),
    ...[0, 1, 2, 3].flatMap((lane) => [...get(sums[0]), 0xfd, 0x1b, lane]),
    0x6a,
    0x6a,
    0x6a,
    0xb2,
    ...get(scales),
    0x2a,
    0x02,
    0x00,
    0x94,
    0x38,
    0x02,
    0x00, // out = float(sum) * scale
    ...step(out, 4),
    ...step(scales, 4),
    ...get(count),
    0x41,
    0x01,
    0x6b,
    0x22,
    count,
    0x0d,
    0x00,
    0x0b, // again while --count
    0x0b,
  ];
  return new Uint8Array([
    0x00,
    0x61,
    0x73,
    0x6d,
    0x01,
    0x00,
    0x00,
    0x00,
    ...section(1, vector([0x60, ...vector(...[i32, i32, i32, i32, i32, i32].map((type) => [type])), 0])),
    ...section(2, vector([...name('m'), ...name('memory'), 0x02, 0x00, 0x01])),
    ...section(3, vector([0])),
    ...section(7, vector([...name('scan'), 0x00, 0x00])),
    ...section(10, vector([...unsigned(body.length), ...body])),
  ]);
}

const addLanes = [0xfd, 0xae, 0x01];

/** Sixteen row values against sixteen query values: widen to int16, multiply and add in pairs. */
function sixteen(half: number, low: number, high: number): number[] {
  const load = (pointer: number, offset: number) => [...get(pointer), 0xfd, 0x00, 0x04, offset];
  const dotInto = (sum: number, extend: number[], offset: number) => [
    ...get(sum),
    ...get(part),
    ...extend,
    ...load(at, offset),
    0xfd,
    0xba,
    0x01,
    ...addLanes,
    ...set(sum),
  ];
  return [
    ...load(rows, 16 * half),
    ...set(part),
    ...dotInto(low, [0xfd, 0x87, 0x01], 32 * half),
    ...dotInto(high, [0xfd, 0x88, 0x01], 32 * half + 16),
  ];
}

function get(local: number): number[] {
  return [0x20, local];
}

function set(local: number): number[] {
  return [0x21, local];
}

function step(local: number, bytes: number): number[] {
  return [...get(local), 0x41, ...signed(bytes), 0x6a, ...set(local)];
}

function run(length: number, type: number): number[] {
  return [length, type];
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(...items: number[][]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** A small positive number, with room for the sign bit. */
function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
