const retryEveryMs = 3_000;

/** Whether the server can be reached, learnt from every request and from the browser. */
export class Connection {
  isLost = $state(false);
  /** Goes up each time the connection comes back: state may have moved meanwhile. */
  returns = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    window.addEventListener('offline', () => this.#lose());
    window.addEventListener('online', () => this.isLost && void this.#probe());
  }

  /** The same `fetch`, noticing when no answer comes. */
  watch(send: typeof fetch): typeof fetch {
    return async (input, init) => {
      try {
        const response = await send(input, init);
        if (this.isLost) this.#restore();
        return response;
      } catch (error) {
        if (!init?.signal?.aborted) this.#lose();
        throw error;
      }
    };
  }

  #lose(): void {
    this.isLost = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#probe(), retryEveryMs);
  }

  async #probe(): Promise<void> {
    try {
      await fetch('/healthz', { cache: 'no-store' });
      this.#restore();
    } catch {
      // Still away: the same again later.
      this.#lose();
    }
  }

  #restore(): void {
    clearTimeout(this.#timer);
    this.isLost = false;
    this.returns += 1;
  }
}
