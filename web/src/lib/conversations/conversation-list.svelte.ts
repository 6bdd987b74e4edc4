import type { Client, Conversation } from '@alcove/client';
import { describeError, type Problem } from '../describe-error.ts';
import { LastTold } from '../live/last-told.ts';

const pageSize = 100;
export type ListStatus = 'active' | 'archived' | 'deleted';

/** The person's conversations, newest activity first, loaded page by page. */
export class ConversationList {
  // Raw: with thousands of rows a proxy for each of their fields would be felt.
  items = $state.raw<Conversation[]>([]);
  /** Which of them are listed. */
  status = $state<ListStatus>('active');
  tag = $state<string | null>(null);
  /** Null: those of every project, and of none. */
  project = $state<string | null>(null);
  isLoading = $state(false);
  problem = $state<Problem | null>(null);
  /** Null when everything is loaded; undefined before the first page. */
  #cursor = $state<string | null | undefined>(undefined);
  /** The open one, which may be behind what is loaded or none of those that are listed. */
  #opened = $state.raw<Conversation | null>(null);
  /** Goes up when others are to be listed: what was asked for before is not wanted any more. */
  #choices = 0;
  /** How each was last put, and which were removed. */
  readonly #told = new LastTold<Conversation>();
  /** What failed last. */
  #failed: () => Promise<void> = () => this.refresh();
  readonly #alcove: Client;

  constructor(alcove: Client) {
    this.#alcove = alcove;
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  /** For `asTold`, when a conversation is asked for. */
  get step(): number {
    return this.#told.step;
  }

  /** A conversation that was asked for in step `begun`, as it was put since; null where it was removed since. */
  asTold(conversation: Conversation, begun: number): Conversation | null {
    return this.#told.isNewer(conversation.id, begun) ? this.#told.of(conversation.id) : conversation;
  }

  async loadMore(): Promise<void> {
    if (this.isLoading || this.#cursor === null) return;
    const [choice, begun] = [this.#choices, this.#told.step];
    this.isLoading = true;
    try {
      const page = await this.#alcove.conversations.list(this.#query(this.#cursor));
      if (choice !== this.#choices) return;
      const known = new Set(this.items.map((item) => item.id));
      const fresh = this.#asTold(page.conversations, begun);
      this.items = [...this.items, ...fresh.filter((item) => !known.has(item.id))];
      this.#cursor = page.next_cursor;
      this.problem = null;
    } catch (error) {
      if (choice !== this.#choices) return;
      this.report(describeError(error), () => this.loadMore());
    }
    this.isLoading = false;
  }

  /** What went wrong with a conversation of the list, or nothing, and how that is tried again. */
  report(problem: Problem | null, again: () => Promise<void>): void {
    this.problem = problem;
    this.#failed = again;
  }

  /** Tries again what failed last. */
  async retry(): Promise<void> {
    const before = this.problem;
    await this.#failed();
    if (this.problem === before) this.problem = null;
  }

  /** Reads the newest page again and keeps the older ones that are loaded. */
  async refresh(): Promise<void> {
    if (this.#cursor === undefined) return this.loadMore();
    const [choice, begun] = [this.#choices, this.#told.step];
    try {
      const page = await this.#alcove.conversations.list(this.#query());
      if (choice !== this.#choices) return;
      const listed = this.#asTold(page.conversations, begun);
      const fresh = new Set(listed.map((item) => item.id));
      const others = this.items.filter((item) => !fresh.has(item.id));
      // A page that is not full, or a list that fits into it, is the whole truth, but for what has come since.
      const isWhole = page.next_cursor === null;
      const older = isWhole ? [] : others;
      if (isWhole || older.length === 0) this.#cursor = page.next_cursor;
      this.items = [...listed, ...older];
      for (const item of others) if (this.#told.isNewer(item.id, begun)) this.put(item);
      this.problem = null;
    } catch (error) {
      if (choice !== this.#choices) return;
      this.report(describeError(error), () => this.refresh());
    }
  }

  find(id: string | null): Conversation | undefined {
    return this.items.find((item) => item.id === id) ?? (this.#opened?.id === id ? this.#opened : undefined);
  }

  /** Lists others: archived or deleted ones, or those with a tag or of a project; what is left out stays as it is. */
  async choose(wanted: { status?: ListStatus; tag?: string | null; project?: string | null }): Promise<void> {
    const { status = this.status, tag = this.tag, project = this.project } = wanted;
    Object.assign(this, { status, tag, project });
    this.#choices += 1;
    this.isLoading = false;
    this.items = [];
    this.#cursor = undefined;
    await this.loadMore();
  }

  /** Finds it from now on, whether it is listed or not, until another one is opened. */
  open(conversation: Conversation): void {
    this.#opened = conversation;
    this.put(conversation);
  }

  /** A new or changed conversation, at its place in the order of the list. */
  put(conversation: Conversation): void {
    this.#told.note(conversation.id, conversation);
    if (this.#opened?.id === conversation.id) this.#opened = conversation;
    const others = this.items.filter((item) => item.id !== conversation.id);
    if (!this.#isListed(conversation)) {
      this.items = others;
      return;
    }
    const at = others.findIndex((item) => isBefore(conversation, item));
    // Behind everything that is loaded it comes with its page.
    if (at < 0 && this.hasMore && others.length === this.items.length) return;
    this.items = at < 0 ? [...others, conversation] : others.toSpliced(at, 0, conversation);
  }

  /** The same, after a change of one's own. */
  update(conversation: Conversation): void {
    this.put(conversation);
  }

  remove(id: string): void {
    this.#told.note(id, null);
    if (this.#opened?.id === id) this.#opened = null;
    if (this.items.some((item) => item.id === id)) this.items = this.items.filter((item) => item.id !== id);
  }

  #isListed({ status, tags, project_id: project }: Conversation): boolean {
    return (
      status === this.status &&
      (this.tag === null || tags.includes(this.tag)) &&
      (this.project === null || project === this.project)
    );
  }

  /** A page that was asked for in step `begun`, with what was put and without what was removed since. */
  #asTold(page: readonly Conversation[], begun: number): Conversation[] {
    return page.flatMap((item) => {
      const now = this.asTold(item, begun);
      // What was removed is in the bin.
      if (now === null) return this.status === 'deleted' ? item : [];
      return now === item || this.#isListed(now) ? now : [];
    });
  }

  #query(cursor?: string) {
    const [tag, project_id] = [this.tag ?? undefined, this.project ?? undefined];
    return { limit: pageSize, cursor, status: this.status, tag, project_id };
  }
}

/** Pinned ones first, then newest activity. */
function isBefore(a: Conversation, b: Conversation): boolean {
  if (a.pinned !== b.pinned) return a.pinned;
  return activityOf(a) >= activityOf(b);
}

export function activityOf(conversation: Conversation): string {
  return conversation.last_message_at ?? conversation.created_at;
}
