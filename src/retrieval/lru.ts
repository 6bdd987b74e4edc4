/** Least recently used entries go first once their sizes pass the bound. */
export class SizedLru<Value> {
  readonly #entries = new Map<string, { value: Value; size: number }>();
  readonly #maxSize: number;
  readonly #onEvict: ((value: Value) => void) | undefined;
  #size = 0;

  /** `onEvict` is told of every value that leaves, whatever the reason. */
  constructor(maxSize: number, onEvict?: (value: Value) => void) {
    this.#maxSize = maxSize;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#size;
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  set(key: string, value: Value, size: number): void {
    this.delete(key);
    if (size > this.#maxSize) {
      this.#onEvict?.(value);
      return;
    }
    this.#entries.set(key, { value, size });
    this.#size += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#maxSize) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#size -= entry.size;
    this.#onEvict?.(entry.value);
  }
}
