import type { Client, Conversation } from '@alcove/client';
import { describeError, type Problem } from '../describe-error.ts';

const pageSize = 40;

/** The person's conversations, newest activity first, loaded page by page. */
export class ConversationList {
  items = $state<Conversation[]>([]);
  isLoading = $state(false);
  problem = $state<Problem | null>(null);
  /** Null when everything is loaded; undefined before the first page. */
  #cursor = $state<string | null | undefined>(undefined);
  readonly #alcove: Client;

  constructor(alcove: Client) {
    this.#alcove = alcove;
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  async loadMore(): Promise<void> {
    if (this.isLoading || this.#cursor === null) return;
    this.isLoading = true;
    try {
      const page = await this.#alcove.conversations.list({ limit: pageSize, cursor: this.#cursor });
      const known = new Set(this.items.map((item) => item.id));
      this.items.push(...page.conversations.filter((item) => !known.has(item.id)));
      this.#cursor = page.next_cursor;
      this.problem = null;
    } catch (error) {
      this.problem = describeError(error);
    }
    this.isLoading = false;
  }

  /** Reads the newest page again and keeps the older ones that are loaded. */
  async refresh(): Promise<void> {
    if (this.#cursor === undefined) return this.loadMore();
    try {
      const page = await this.#alcove.conversations.list({ limit: pageSize });
      const fresh = new Set(page.conversations.map((item) => item.id));
      // A page that is not full, or a list that fits into it, is the whole truth.
      const isWhole = page.next_cursor === null;
      const older = isWhole ? [] : this.items.filter((item) => !fresh.has(item.id));
      if (isWhole || older.length === 0) this.#cursor = page.next_cursor;
      this.items = [...page.conversations, ...older];
      this.problem = null;
    } catch (error) {
      this.problem = describeError(error);
    }
  }

  find(id: string | null): Conversation | undefined {
    return this.items.find((item) => item.id === id);
  }

  /** A new conversation, which is the newest. */
  add(conversation: Conversation): void {
    this.items.unshift(conversation);
  }

  /** A changed conversation, if it is loaded. */
  update(conversation: Conversation): void {
    const at = this.items.findIndex((item) => item.id === conversation.id);
    if (at >= 0) this.items[at] = conversation;
  }

  remove(id: string): void {
    this.items = this.items.filter((item) => item.id !== id);
  }
}
