/** An item may be so large; the file around it as large as it likes. */
const maxItemBytes = 64 * 1024 * 1024;
const maxDepth = 2_000;
/** Each takes up to a hundred bytes when it is read, however little it takes in the file: `{}` takes sixty. */
const maxValues = 1_000_000;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** One value of a JSON file, as text, or why it is none. */
export interface JsonPiece {
  text: string;
  fault: string | null;
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket, comma] = Buffer.from('"\\{}[],');

/**
 * The items of a JSON array, one by one as the bytes come, or the one value that the file is; memory holds one item. One
 * that is too large or too deep, or of too many values, is passed over with a fault, and the next one follows.
 */
export async function* splitJson(
  source: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<JsonPiece> {
  const piece = createPiece();
  let isArray: boolean | null = null;
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let isFirst = true;
  let rest: Buffer = Buffer.alloc(0);
  for await (const given of source) {
    // An item that is passed over may be as long as the file.
    signal?.throwIfAborted();
    let bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    if (isFirst) {
      bytes = rest = Buffer.concat([rest, bytes]);
      if (bytes.length < byteOrderMark.length) continue;
      isFirst = false;
      if (bytes.subarray(0, 3).equals(byteOrderMark)) bytes = bytes.subarray(3);
    }
    let start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === backslash) isEscaped = true;
        else if (byte === quote) inString = false;
        continue;
      }
      if (isArray === null) {
        if (byte <= 0x20) continue;
        isArray = byte === openBracket;
        if (isArray) {
          start = at + 1;
          continue;
        }
        start = at;
      }
      if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) {
        depth += 1;
        piece.count();
        if (depth > maxDepth) piece.refuse('It is nested too deep.');
      } else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1;
        if (depth < 0) {
          piece.add(bytes.subarray(start, at));
          yield* piece.take();
          return;
        }
      } else if (byte === comma && depth === 0 && isArray) {
        piece.add(bytes.subarray(start, at));
        yield* piece.take();
        start = at + 1;
      } else if (byte === comma) piece.count();
    }
    piece.add(bytes.subarray(start));
  }
  // Whoever cuts a file off learns it from its last item.
  if (isFirst) piece.add(rest);
  yield* piece.take();
}

function createPiece() {
  let parts: Buffer[] = [];
  let size = 0;
  let values = 0;
  let fault: string | null = null;
  return {
    /** Before each value but the first stands a comma, or what it is in begins. */
    count(): void {
      values += 1;
      // Once: millions more may follow.
      if (values === maxValues + 1)
        this.refuse(`It is made of more than ${maxValues.toLocaleString('en-US')} values.`);
    },
    add(bytes: Buffer): void {
      size += bytes.length;
      if (size > maxItemBytes) this.refuse('It is larger than 64 MB.');
      // Copied: the bytes that it is of would stay as a whole.
      if (fault === null && bytes.length > 0) parts.push(Buffer.from(bytes));
    },
    refuse(why: string): void {
      fault ??= why;
      parts = [];
    },
    *take(): Generator<JsonPiece> {
      const text = fault === null ? Buffer.concat(parts).toString('utf8').trim() : '';
      if (text !== '' || fault !== null) yield { text, fault };
      parts = [];
      [size, values] = [0, 0];
      fault = null;
    },
  };
}
