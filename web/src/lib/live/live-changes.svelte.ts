import { isAlcoveError, type Client, type NumberedChange } from '@alcove/client';

/** A browser allows six connections to a server over HTTP/1.1: all its tabs share one stream. */
const lockName = 'alcove-changes';
const channelName = 'alcove-changes';

/** What the tab with the stream tells the others. */
type Told = { change: NumberedChange; userId: string } | { isAway: boolean; userId: string };

/**
 * What changes for the signed-in person, wherever it was changed. One tab holds the stream and tells the others; when it
 * is closed another takes over at the same number.
 */
export class LiveChanges {
  /** True while the stream is being taken up again: what is on the screen may be old. */
  isAway = $state(false);
  readonly #alcove: Client;
  readonly #userId: string;
  readonly #onChange: (change: NumberedChange) => void;
  readonly #channel = new BroadcastChannel(channelName);
  readonly #ending = new AbortController();
  #seq: number | undefined;

  constructor(alcove: Client, userId: string, onChange: (change: NumberedChange) => void) {
    this.#alcove = alcove;
    this.#userId = userId;
    this.#onChange = onChange;
    this.#channel.onmessage = ({ data }: MessageEvent<Told>) => this.#hear(data);
  }

  async start(): Promise<void> {
    const { signal } = this.#ending;
    // Only pages on a secure address have locks: elsewhere each tab has a stream of its own.
    if (!('locks' in navigator)) return this.#follow();
    await navigator.locks
      .request(`${lockName}-${this.#userId}`, { signal }, () => this.#follow())
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
  }

  close(): void {
    this.#ending.abort();
    this.#channel.close();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#ending;
    const onReconnecting = (isAway: boolean) => {
      this.isAway = isAway;
      this.#tell({ isAway, userId: this.#userId });
    };
    try {
      for await (const change of this.#alcove.changes({ signal, after: this.#seq, onReconnecting })) {
        this.#tell({ change, userId: this.#userId });
        this.#take(change);
      }
    } catch (error) {
      // The session's own check has shown the page for signing in; anything else is said by the requests of the page.
      if (!signal.aborted && !isAlcoveError(error)) throw error;
    }
  }

  #tell(told: Told): void {
    if (!this.#ending.signal.aborted) this.#channel.postMessage(told);
  }

  #hear(told: Told): void {
    if (told.userId !== this.#userId) return;
    if ('change' in told) this.#take(told.change);
    else this.isAway = told.isAway;
  }

  #take(change: NumberedChange): void {
    this.#seq = change.seq;
    this.isAway = false;
    this.#onChange(change);
  }
}
