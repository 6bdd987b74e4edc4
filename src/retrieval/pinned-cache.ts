export interface Wanted {
  key: string;
  /** What it takes, once loaded. */
  bytes: number;
}

/** What one reader holds: nothing of it is evicted before `release`. */
export interface Lease<Value> {
  /** What this reader has to load and to settle; what others are loading is waited for. */
  readonly missing: readonly string[];
  /** Hands over what was loaded, null when there is none. */
  settle(key: string, value: Value | null, bytes: number): void;
  /** All values there are, once every load has ended. @throws what a load of another reader failed with */
  values(): Promise<Map<string, Value>>;
  /** Once, whatever has happened. What was not settled counts as failed with `reason`. */
  release(reason?: unknown): void;
}

interface Entry<Value> {
  bytes: number;
  /** Readers that hold it. */
  readers: number;
  value: Value | null;
  /** Null once it has been settled. */
  loading: PromiseWithResolvers<void> | null;
}

interface Waiter<Value> {
  wanted: readonly Wanted[];
  resolve(lease: Lease<Value>): void;
}

/**
 * Values in bounded memory, the least recently used evicted first. What is cached, what a reader holds and what is being
 * loaded count alike, so the sum stays within `maxBytes`: who wants more than is free waits its turn, holding nothing.
 * Alone, a reader may have more than the bound. Loads of the same key are shared.
 */
export class PinnedCache<Value> {
  readonly maxBytes: number;
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #waiting: Waiter<Value>[] = [];
  readonly #onEvict: ((value: Value) => void) | undefined;
  /** Bytes of all entries, and of those that a reader holds. */
  #bytes = 0;
  #heldBytes = 0;
  #leases = 0;

  /** `onEvict` is told of every value that leaves; nobody holds it any more. */
  constructor(maxBytes: number, onEvict?: (value: Value) => void) {
    this.maxBytes = maxBytes;
    this.#onEvict = onEvict;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What a key takes or will take; undefined when it is neither cached nor being loaded. */
  bytesOf(key: string): number | undefined {
    return this.#entries.get(key)?.bytes;
  }

  /** Waits for room. Keys must differ. @throws the reason of `signal` when it is aborted meanwhile */
  async lease(wanted: readonly Wanted[], signal?: AbortSignal): Promise<Lease<Value>> {
    signal?.throwIfAborted();
    const lease = this.tryLease(wanted);
    if (lease !== null) return lease;
    const { promise, resolve, reject } = Promise.withResolvers<Lease<Value>>();
    const waiter = { wanted, resolve };
    const leave = (): void => {
      const at = this.#waiting.indexOf(waiter);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      reject(signal?.reason);
      this.#admitWaiting();
    };
    this.#waiting.push(waiter);
    signal?.addEventListener('abort', leave, { once: true });
    return promise.finally(() => signal?.removeEventListener('abort', leave));
  }

  /** Null when there is no room now. */
  tryLease(wanted: readonly Wanted[]): Lease<Value> | null {
    const needsRoom = wanted.some(({ key }) => !this.#entries.has(key));
    return needsRoom && this.#waiting.length > 0 ? null : this.#admit(wanted);
  }

  #admit(wanted: readonly Wanted[]): Lease<Value> | null {
    const present = wanted.filter(({ key }) => this.#entries.has(key));
    const missing = wanted.filter(({ key }) => !this.#entries.has(key));
    const needed = missing.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { key } of present) this.#hold(key, this.#entries.get(key)!);
    if (needed > 0 && this.#heldBytes + needed > this.maxBytes && this.#leases > 0) {
      for (const { key } of present) this.#letGo(key, this.#entries.get(key)!);
      return null;
    }
    for (const { key, bytes } of missing) {
      const loading = Promise.withResolvers<void>();
      // A failure is for those who share the load; perhaps nobody does.
      loading.promise.catch(() => {});
      this.#bytes += bytes;
      this.#hold(key, { bytes, readers: 0, value: null, loading });
    }
    this.#shrink();
    this.#leases += 1;
    return this.#openLease(wanted, new Set(missing.map(({ key }) => key)));
  }

  #openLease(wanted: readonly Wanted[], unsettled: Set<string>): Lease<Value> {
    const entries = new Map(wanted.map(({ key }) => [key, this.#entries.get(key)!]));
    return {
      missing: [...unsettled],
      settle: (key, value, bytes) => {
        const entry = entries.get(key);
        if (entry === undefined || !unsettled.delete(key)) throw new Error('not for this reader to settle');
        entry.value = value;
        this.#bytes += bytes - entry.bytes;
        this.#heldBytes += bytes - entry.bytes;
        entry.bytes = bytes;
        entry.loading?.resolve();
        entry.loading = null;
      },
      values: async () => {
        for (const { loading } of entries.values()) if (loading !== null) await loading.promise;
        return new Map([...entries].flatMap(([key, { value }]) => (value === null ? [] : [[key, value]])));
      },
      release: (reason) => {
        for (const key of unsettled) {
          entries.get(key)?.loading?.reject(reason);
          // Who comes later loads it anew; who waits for it holds its room until it has been told.
          this.#entries.delete(key);
        }
        for (const [key, entry] of entries) this.#letGo(key, entry);
        entries.clear();
        this.#leases -= 1;
        this.#shrink();
        this.#admitWaiting();
      },
    };
  }

  #hold(key: string, entry: Entry<Value>): void {
    if (entry.readers === 0) this.#heldBytes += entry.bytes;
    entry.readers += 1;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  #letGo(key: string, entry: Entry<Value>): void {
    entry.readers -= 1;
    if (entry.readers > 0) return;
    this.#heldBytes -= entry.bytes;
    // What there is none of is asked for again the next time.
    if (entry.value === null) this.#remove(key, entry);
  }

  #shrink(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= this.maxBytes) return;
      if (entry.readers === 0) this.#remove(key, entry);
    }
  }

  #remove(key: string, entry: Entry<Value>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    if (entry.value !== null) this.#onEvict?.(entry.value);
  }

  #admitWaiting(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const lease = this.#admit(first.wanted);
      if (lease === null) return;
      this.#waiting.shift();
      first.resolve(lease);
    }
  }
}
