import type pg from 'pg';

/** One value of a row, by the type of its column. */
export type Field =
  | { int4: number }
  | { int8: number }
  | { bool: boolean }
  | { float8: number }
  | { text: string }
  | { jsonb: string }
  | { uuid: string }
  | { bytea: Uint8Array }
  | { time: Date }
  | { textArray: string[] }
  | { vector: Float32Array }
  | { halfvec: Float32Array }
  | null;

const signature = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const end = Buffer.from([0xff, 0xff]);
const bytesAtOnce = 1 << 20;
/** PostgreSQL counts its microseconds from the year 2000. */
const epochMs = Date.UTC(2000, 0, 1);

/** Writes rows by binary COPY; `target` is a table with its columns. */
export async function copyRows(
  client: pg.ClientBase,
  target: string,
  rows: Iterable<readonly Field[]>,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // The driver runs anything with these methods as a query.
    const query = {
      submit(connection: Wire): undefined {
        connection.query(`COPY ${target} FROM STDIN (FORMAT binary)`);
      },
      handleCopyInResponse(connection: Wire): void {
        try {
          for (const chunk of encode(rows)) connection.sendCopyFromChunk(chunk);
          connection.endCopyFrom();
        } catch (error) {
          connection.sendCopyFail(error instanceof Error ? error.message : 'the rows ended');
        }
      },
      handleCommandComplete(): void {},
      handleError: reject,
      handleReadyForQuery: () => resolve(),
    };
    client.query(query as unknown as pg.Submittable);
  });
}

interface Wire {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

function* encode(rows: Iterable<readonly Field[]>): Generator<Buffer> {
  let parts: Buffer[] = [signature];
  let length = 0;
  for (const row of rows) {
    const count = Buffer.alloc(2);
    count.writeInt16BE(row.length);
    parts.push(count);
    for (const field of row) {
      const value = field === null ? null : encodeField(field);
      const size = Buffer.alloc(4);
      size.writeInt32BE(value === null ? -1 : value.length);
      parts.push(size);
      if (value !== null) parts.push(value);
      length += value?.length ?? 0;
    }
    if (length < bytesAtOnce) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  parts.push(end);
  yield Buffer.concat(parts);
}

function encodeField(field: Exclude<Field, null>): Buffer {
  if ('text' in field) return Buffer.from(field.text);
  if ('uuid' in field) return Buffer.from(field.uuid.replaceAll('-', ''), 'hex');
  if ('jsonb' in field) return Buffer.concat([Buffer.from([1]), Buffer.from(field.jsonb)]);
  if ('bytea' in field) return Buffer.from(field.bytea);
  if ('bool' in field) return Buffer.from([field.bool ? 1 : 0]);
  if ('textArray' in field) return encodeArray(field.textArray);
  if ('vector' in field)
    return encodeVector(Buffer.from(new Float32Array(field.vector).buffer).swap32(), field.vector.length);
  if ('halfvec' in field) return encodeVector(halves(field.halfvec).swap16(), field.halfvec.length);
  const bytes = Buffer.alloc('int4' in field ? 4 : 8);
  if ('int4' in field) bytes.writeInt32BE(field.int4);
  else if ('int8' in field) bytes.writeBigInt64BE(BigInt(field.int8));
  else if ('float8' in field) bytes.writeDoubleBE(field.float8);
  else bytes.writeBigInt64BE(BigInt(field.time.getTime() - epochMs) * 1000n);
  return bytes;
}

/** pgvector's wire form: dimensions, a zero, then the numbers with the high byte first. */
function encodeVector(numbers: Buffer, dimensions: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt16BE(dimensions);
  return Buffer.concat([head, numbers]);
}

/** Node has Float16Array; the types of this language level do not know it yet. */
function halves(values: Float32Array): Buffer {
  const { Float16Array: Halves } = globalThis as unknown as {
    Float16Array: new (values: Float32Array) => { buffer: ArrayBuffer };
  };
  return Buffer.from(new Halves(values).buffer);
}

/** One dimension from 1, without nulls. */
function encodeArray(items: readonly string[]): Buffer {
  const textOid = 25;
  const head = Buffer.alloc(items.length === 0 ? 12 : 20);
  head.writeInt32BE(items.length === 0 ? 0 : 1);
  head.writeInt32BE(textOid, 8);
  if (items.length > 0) {
    head.writeInt32BE(items.length, 12);
    head.writeInt32BE(1, 16);
  }
  const encoded = items.flatMap((item) => {
    const bytes = Buffer.from(item);
    const size = Buffer.alloc(4);
    size.writeInt32BE(bytes.length);
    return [size, bytes];
  });
  return Buffer.concat([head, ...encoded]);
}
