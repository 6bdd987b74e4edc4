import type { AllDocuments, Client, DocumentStatus, ListedDocument } from '@alcove/client';
import { SvelteSet } from 'svelte/reactivity';
import { describeError, type Problem } from '../describe-error.ts';

interface LibraryFilter {
  name: string;
  status: DocumentStatus | '';
  mediaType: string;
  conversationId: string;
  duplicates: boolean;
  neverCited: boolean;
  order: 'created' | 'size' | 'name';
}

const pageSize = 100;
/** What the server lists at a time, at most. */
const mostAtOnce = 200;
/** Typing and changes made elsewhere come in bursts. */
const togetherMs = 200;
const noFilter: LibraryFilter = {
  name: '',
  status: '',
  mediaType: '',
  conversationId: '',
  duplicates: false,
  neverCited: false,
  order: 'created',
};

/** All documents of the person, over all conversations, page by page. */
export class Library {
  // Raw: with thousands of rows a proxy for each of their fields would be felt.
  items = $state.raw<ListedDocument[]>([]);
  quota = $state.raw<AllDocuments['quota'] | null>(null);
  filter = $state<LibraryFilter>({ ...noFilter });
  isLoading = $state(true);
  problem = $state<Problem | null>(null);
  readonly chosen = new SvelteSet<string>();
  readonly chosenItems = $derived(this.items.filter(({ id }) => this.chosen.has(id)));
  readonly isFiltered = $derived(
    Object.entries(noFilter).some(
      ([name, none]) => name !== 'order' && this.filter[name as keyof LibraryFilter] !== none,
    ),
  );
  #cursor = $state<string | null>(null);
  /** So many are to be shown, where there are so many. */
  #wanted = pageSize;
  readonly #alcove: Client;
  #running = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(alcove: Client) {
    this.#alcove = alcove;
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  /** Reads what is shown again, a moment later: several changes are one look. */
  hear(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.reload(), togetherMs);
  }

  /** Looks for what is being typed, a moment later. */
  find(): void {
    this.#wanted = pageSize;
    this.hear();
  }

  /** The first of those that are looked for. */
  async load(): Promise<void> {
    this.#wanted = pageSize;
    await this.reload();
  }

  /** As many as are shown, as they are now. */
  async reload(): Promise<void> {
    await this.#read([], null);
  }

  async loadMore(): Promise<void> {
    if (this.#cursor === null || this.isLoading) return;
    this.#wanted = this.items.length + pageSize;
    await this.#read(this.items, this.#cursor);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running.abort();
  }

  /** Page by page behind `before`, until as many are there as are wanted. */
  async #read(before: readonly ListedDocument[], after: string | null): Promise<void> {
    this.#running.abort();
    const { signal } = (this.#running = new AbortController());
    this.isLoading = true;
    try {
      const [wanted, query] = [this.#wanted, this.#query()];
      // One that has changed its place between two pages is on both.
      const found = new Map(before.map((item) => [item.id, item]));
      let cursor = after;
      do {
        const limit = Math.min(mostAtOnce, wanted - found.size);
        const page = { limit, ...(cursor === null ? {} : { cursor }), ...query };
        const list = await this.#alcove.documents.listAll(page, { signal });
        for (const item of list.documents) found.set(item.id, item);
        this.quota = list.quota;
        cursor = list.next_cursor;
      } while (cursor !== null && found.size < wanted);
      this.items = [...found.values()];
      this.#cursor = cursor;
      this.problem = null;
      const known = new Set(this.items.map(({ id }) => id));
      for (const id of this.chosen) if (!known.has(id)) this.chosen.delete(id);
    } catch (error) {
      // A newer look has taken the place of this one.
      if (signal.aborted) return;
      this.problem = describeError(error);
    }
    this.isLoading = false;
  }

  #query() {
    const { name, status, mediaType, conversationId, duplicates, neverCited, order } = this.filter;
    return {
      order,
      name: name.trim() || undefined,
      status: status || undefined,
      media_type: mediaType || undefined,
      conversation_id: conversationId || undefined,
      duplicates: duplicates || undefined,
      never_cited: neverCited || undefined,
    };
  }
}
