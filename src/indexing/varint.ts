/** Bytes that grow: little-endian base-128 integers. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  pushVarint(value: number): void {
    if (this.#length + 5 > this.#bytes.length) this.#grow();
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  toBytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
