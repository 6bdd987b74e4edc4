import type { Client, SearchHit, SearchOptions } from '@alcove/client';
import { describeError, type Problem } from '../describe-error.ts';

const waitMs = 180;
const shortest = 2;
const hitsShown = 30;

/** A search that follows what is typed; an older answer never takes the place of a newer one. */
export class Search {
  query = $state('');
  hits = $state.raw<SearchHit[]>([]);
  /** True when the hits are those of what is typed. */
  isSettled = $state(true);
  isIndexing = $state(false);
  problem = $state<Problem | null>(null);
  readonly #alcove: Client;
  readonly #places: SearchOptions['in'];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = new AbortController();

  /** @param places everywhere when left out */
  constructor(alcove: Client, places?: SearchOptions['in']) {
    this.#alcove = alcove;
    this.#places = places;
  }

  get isTooShort(): boolean {
    return this.query.trim().length < shortest;
  }

  type(query: string): void {
    this.query = query;
    this.#running.abort();
    clearTimeout(this.#timer);
    if (this.isTooShort) {
      this.hits = [];
      this.isSettled = true;
      return;
    }
    this.isSettled = false;
    this.#timer = setTimeout(() => void this.#run(), waitMs);
  }

  async #run(): Promise<void> {
    const { signal } = (this.#running = new AbortController());
    try {
      const found = await this.#alcove.search(this.query.trim(), {
        limit: hitsShown,
        in: this.#places,
        signal,
      });
      this.hits = found.results;
      this.isIndexing = found.indexing;
      this.problem = null;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = describeError(error);
    }
    this.isSettled = true;
  }
}
