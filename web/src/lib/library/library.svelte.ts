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
  readonly #alcove: Client;
  #running = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(alcove: Client) {
    this.#alcove = alcove;
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  /** Reads it again, a moment later: several changes are one look. */
  hear(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.load(), togetherMs);
  }

  /** As many as are shown now, at most what one page of the server holds, and a page at least. */
  async load(): Promise<void> {
    const limit = Math.min(200, Math.max(pageSize, this.items.length));
    await this.#read({ limit }, () => []);
  }

  async loadMore(): Promise<void> {
    if (this.#cursor === null || this.isLoading) return;
    await this.#read({ limit: pageSize, cursor: this.#cursor }, () => this.items);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#running.abort();
  }

  async #read(
    page: { limit: number; cursor?: string },
    before: () => readonly ListedDocument[],
  ): Promise<void> {
    this.#running.abort();
    const { signal } = (this.#running = new AbortController());
    this.isLoading = true;
    try {
      const found = await this.#alcove.documents.listAll({ ...page, ...this.#query() }, { signal });
      this.items = [...before(), ...found.documents];
      this.quota = found.quota;
      this.#cursor = found.next_cursor;
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
