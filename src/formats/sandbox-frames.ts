/**
 * Messages between the server and the sandbox: two lengths of 32 bits, a JSON header, then bytes.
 * Binary, because a text of several megabytes need not be escaped and unescaped as JSON.
 */
export interface Frame {
  header: Record<string, unknown>;
  body: Uint8Array;
}

/** The argument of a script that is to load what it needs, and to end. */
export const loadOnly = 'load';

const noBytes = new Uint8Array(0);

export function encodeFrame(header: Record<string, unknown>, body: Uint8Array = noBytes): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(header));
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(json.length, 0);
  lengths.writeUInt32LE(body.length, 4);
  return body.length === 0 ? [Buffer.concat([lengths, json])] : [Buffer.concat([lengths, json]), body];
}

/** Puts frames together from the pieces in which a pipe delivers them. */
export class FrameReader {
  #pieces: Uint8Array[] = [];
  #length = 0;
  #needed = 8;

  /** @returns the frames that are complete with this piece */
  push(piece: Uint8Array): Frame[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    const frames: Frame[] = [];
    while (this.#length >= this.#needed) {
      const bytes =
        this.#pieces.length === 1 ? Buffer.from(this.#pieces[0] as Uint8Array) : Buffer.concat(this.#pieces);
      const headerLength = bytes.readUInt32LE(0);
      const end = 8 + headerLength + bytes.readUInt32LE(4);
      this.#pieces = [bytes];
      this.#needed = end;
      if (bytes.length < end) break;
      const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength)) as Record<string, unknown>;
      frames.push({ header, body: bytes.subarray(8 + headerLength, end) });
      this.#pieces = [bytes.subarray(end)];
      this.#length = bytes.length - end;
      this.#needed = 8;
    }
    return frames;
  }
}
