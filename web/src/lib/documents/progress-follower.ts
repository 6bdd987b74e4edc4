import { isAlcoveError, type Client, type Document } from '@alcove/client';

/** Browsers allow six connections to a server over HTTP/1.1; answers and requests need the others. */
const maxStreams = 2;
const pollEveryMs = 1_000;

interface Shelf {
  pending: () => Document[];
  list: () => Promise<Document[]>;
  onChange: (document: Document) => void;
  onGone: (id: string) => void;
}

/** Follows documents while they are read: the first ones by their event streams, the others by polling their list. */
export class ProgressFollower {
  readonly #alcove: Client;
  readonly #signal: AbortSignal;
  readonly #shelf: Shelf;
  readonly #watched = new Set<string>();
  #isPolling = false;

  constructor(alcove: Client, signal: AbortSignal, shelf: Shelf) {
    this.#alcove = alcove;
    this.#signal = signal;
    this.#shelf = shelf;
  }

  /** Call whenever a document may have become pending; it does nothing twice. */
  follow(): void {
    if (this.#signal.aborted) return;
    for (const document of this.#unwatched()) {
      if (this.#watched.size < maxStreams) void this.#watch(document.id);
    }
    if (!this.#isPolling && this.#unwatched().length > 0) void this.#poll();
  }

  async #watch(id: string): Promise<void> {
    this.#watched.add(id);
    const hasEnded = await this.#readEvents(id);
    this.#watched.delete(id);
    if (hasEnded) this.follow();
  }

  async #readEvents(id: string): Promise<boolean> {
    try {
      for await (const state of this.#alcove.documents.events(id, { signal: this.#signal })) {
        this.#shelf.onChange(state);
      }
      return true;
    } catch (error) {
      if (!isAlcoveError(error, 'not_found')) return this.#end(error);
      this.#shelf.onGone(id);
      return true;
    }
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    try {
      while (this.#unwatched().length > 0 && !this.#signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, pollEveryMs));
        for (const document of await this.#shelf.list()) this.#shelf.onChange(document);
      }
    } catch (error) {
      this.#end(error);
    } finally {
      this.#isPolling = false;
    }
  }

  /** A lost connection is shown by the page, which loads again, and follows again, when it is back. */
  #end(error: unknown): false {
    if (this.#signal.aborted || isAlcoveError(error)) return false;
    throw error;
  }

  #unwatched(): Document[] {
    return this.#shelf.pending().filter((document) => !this.#watched.has(document.id));
  }
}
