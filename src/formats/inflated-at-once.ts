import { inflateSync } from 'node:zlib';

/**
 * What pdf.js uses of a `DecompressionStream`, without its threads and queues: each page is a stream of its own, of some
 * kilobytes, for which they take longer than inflating it does. What cannot be inflated pdf.js reads by itself, as far as
 * it goes.
 */
export class InflatedAtOnce {
  readonly ready = Promise.resolve();
  readonly writable = { getWriter: (): this => this };
  readonly readable: AsyncIterable<Uint8Array> = this.#inflate();
  #compressed: Uint8Array = new Uint8Array(0);

  constructor(format: string) {
    if (format !== 'deflate') throw new TypeError(`${format} is left to pdf.js`);
  }

  /** Called before anything is read. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#compressed = bytes;
  }

  async close(): Promise<void> {}

  async *#inflate(): AsyncGenerator<Uint8Array> {
    yield inflateSync(this.#compressed);
  }
}
