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
  /**
   * The values in the order they were wanted, once every load has ended.
   * @throws what a load of another failed with, or the reason of `signal` when it is aborted meanwhile
   */
  values(signal?: AbortSignal): Promise<(Value | null)[]>;
  /** True: nobody else waits for what this reader has to load, nor will anybody; then it may be left unsettled. */
  giveUp(): boolean;
  /** Once, whatever has happened. What was not settled counts as failed with `reason`. */
  release(reason?: unknown): void;
}

interface Entry<Value> {
  key: string;
  bytes: number;
  /** Readers that hold it. */
  readers: number;
  value: Value | null;
  /** Null once it has been settled. */
  loading: PromiseWithResolvers<void> | null;
  /** Nobody gets it any more; it goes with its last reader. */
  isDropped: boolean;
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

  /** Of what has proved to be no good: who has it may keep it, and who comes later loads it anew. */
  drop(key: string, value: Value): void {
    const entry = this.#entries.get(key);
    if (entry?.value !== value) return;
    entry.isDropped = true;
    this.#forget(entry);
    if (entry.readers === 0) this.#remove(entry);
  }

  #admit(wanted: readonly Wanted[]): Lease<Value> | null {
    let needed = 0;
    const held = wanted.map(({ key, bytes }) => {
      const entry = this.#entries.get(key);
      if (entry === undefined) needed += bytes;
      else this.#hold(entry);
      return entry;
    });
    if (needed > 0 && this.#heldBytes + needed > this.maxBytes && this.#leases > 0) {
      for (const entry of held) if (entry !== undefined) this.#letGo(entry);
      return null;
    }
    this.#leases += 1;
    const unsettled = new Map<string, Entry<Value>>();
    const entries = held.map((entry, at) => {
      if (entry !== undefined) return entry;
      const fresh = this.#begin(wanted[at]!);
      unsettled.set(fresh.key, fresh);
      return fresh;
    });
    this.#shrink();
    return this.#openLease(entries, unsettled);
  }

  #begin({ key, bytes }: Wanted): Entry<Value> {
    const loading = Promise.withResolvers<void>();
    // A failure is for those who share the load; perhaps nobody does.
    loading.promise.catch(() => {});
    const entry = { key, bytes, readers: 0, value: null, loading, isDropped: false };
    this.#bytes += bytes;
    this.#hold(entry);
    return entry;
  }

  #openLease(entries: readonly Entry<Value>[], unsettled: Map<string, Entry<Value>>): Lease<Value> {
    return {
      missing: [...unsettled.keys()],
      settle: (key, value, bytes) => {
        const entry = unsettled.get(key);
        if (entry === undefined) throw new Error('not for this reader to settle');
        unsettled.delete(key);
        entry.value = value;
        this.#bytes += bytes - entry.bytes;
        this.#heldBytes += bytes - entry.bytes;
        entry.bytes = bytes;
        entry.loading?.resolve();
        entry.loading = null;
      },
      values: async (signal) => {
        for (const { loading } of entries) if (loading !== null) await unlessAborted(loading.promise, signal);
        return entries.map(({ value }) => value);
      },
      giveUp: () => {
        for (const { readers } of unsettled.values()) if (readers > 1) return false;
        for (const entry of unsettled.values()) this.#forget(entry);
        return true;
      },
      release: (reason) => {
        for (const entry of unsettled.values()) {
          entry.loading?.reject(reason);
          // Who comes later loads it anew; who waits for it holds its room until it has been told.
          this.#forget(entry);
        }
        for (const entry of entries) this.#letGo(entry);
        this.#leases -= 1;
        this.#shrink();
        this.#admitWaiting();
      },
    };
  }

  /** Holds it, as the one that was used last. */
  #hold(entry: Entry<Value>): void {
    if (entry.readers === 0) this.#heldBytes += entry.bytes;
    entry.readers += 1;
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
  }

  #letGo(entry: Entry<Value>): void {
    entry.readers -= 1;
    if (entry.readers > 0) return;
    this.#heldBytes -= entry.bytes;
    // What there is none of is asked for again the next time.
    if (entry.value === null || entry.isDropped) this.#remove(entry);
  }

  #shrink(): void {
    if (this.#bytes <= this.maxBytes) return;
    for (const entry of this.#entries.values()) {
      if (entry.readers === 0) this.#remove(entry);
      if (this.#bytes <= this.maxBytes) return;
    }
  }

  #forget(entry: Entry<Value>): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  #remove(entry: Entry<Value>): void {
    this.#forget(entry);
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

async function unlessAborted(loading: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return loading;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await Promise.race([loading, promise]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
