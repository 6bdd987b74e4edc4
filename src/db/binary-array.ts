/** PostgreSQL's own numbers of its types. */
const oids = { bool: 16, int4: 23, text: 25, uuid: 2950 };

/** Dimensions, whether there are nulls, type, length, lower bound: five integers. */
const headBytes = 20;

/**
 * A list as one parameter, in PostgreSQL's binary format of an array, to be read by `unnest`. A parameter for each value, or
 * a list as text, takes several times as long to write and to read.
 */
export const binaryArray = {
  bool: (values: readonly boolean[]): Buffer =>
    write(
      'bool',
      values,
      () => 1,
      (into, value, at) => into.writeUInt8(value ? 1 : 0, at),
    ),

  int4: (values: readonly (number | null)[]): Buffer =>
    write(
      'int4',
      values,
      () => 4,
      (into, value, at) => into.writeInt32BE(value, at),
    ),

  text: (values: readonly (string | null)[]): Buffer =>
    write(
      'text',
      values,
      (value) => Buffer.byteLength(value),
      (into, value, at) => into.write(value, at),
    ),

  /** With dashes or without. */
  uuid: (values: readonly string[]): Buffer =>
    write(
      'uuid',
      values,
      () => 16,
      (into, value, at) => into.write(value.replaceAll('-', ''), at, 'hex'),
    ),
};

function write<T>(
  type: keyof typeof oids,
  values: readonly (T | null)[],
  sizeOf: (value: T) => number,
  put: (into: Buffer, value: T, at: number) => void,
): Buffer {
  const sizes = values.map((value) => (value === null ? -1 : sizeOf(value)));
  const into = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + 4 + Math.max(0, size), headBytes));
  const isEmpty = values.length === 0;
  const head = [isEmpty ? 0 : 1, values.includes(null) ? 1 : 0, oids[type], values.length, 1];
  head.forEach((number, at) => into.writeInt32BE(number, 4 * at));
  let at = headBytes;
  values.forEach((value, place) => {
    at = into.writeInt32BE(sizes[place]!, at);
    if (value === null) return;
    put(into, value, at);
    at += sizes[place]!;
  });
  // An array without elements has no dimension either.
  return isEmpty ? into.subarray(0, 12) : into;
}
