import {
  isAlcoveError,
  type Client,
  type Conversation,
  type ConversationHistory,
  type Message,
} from '@alcove/client';
import { Asking } from '../answers/asking.svelte.ts';
import type { MessageView } from '../answers/message-view.ts';
import { describeError, type Problem } from '../describe-error.ts';
import { DocumentShelf } from '../documents/document-shelf.svelte.ts';
import type { ConversationList } from './conversation-list.svelte.ts';
import { ShownBranch } from './shown-branch.svelte.ts';

/** What the server accepts. */
const maxTitle = 500;
/** Changes of one turn come together. */
const togetherMs = 100;

interface Surroundings {
  alcove: Client;
  list: ConversationList;
  maxUploadBytes: number;
  /** Whether it is the one on the screen: it may be left while something of it is on its way to the server. */
  isShown: () => boolean;
  /** Called when the server has created this conversation, before anything is sent to it. */
  onCreated: (id: string) => void;
  /** Called with a question that was not asked after all. */
  onRefused: (question: string) => void;
}

/**
 * The conversation on the screen: its history, its documents and the answer being written.
 * It begins without an id; the first question or file creates it on the server.
 */
export class OpenConversation {
  id = $state<string | null>(null);
  readonly title = $derived.by(() => this.#newest?.title ?? '');
  readonly settings = $derived.by(() => this.#newest?.settings ?? {});
  /** There is an answer in it that nobody has said to have seen. */
  readonly isUnread = $derived.by(() => this.#list.find(this.id)?.unread === true);
  isLoading = $state(false);
  /** There is no such conversation, or it is somebody else's. */
  isMissing = $state(false);
  /** It was there, and somebody deleted it meanwhile. */
  isDeleted = $state(false);
  problem = $state<Problem | null>(null);
  readonly documents: DocumentShelf;
  readonly branch: ShownBranch;
  readonly asking: Asking;
  /** What was said or dropped is on its way to the server: to let go of it now would lose it. */
  readonly isSending = $derived.by(
    () => this.#steps > 0 || this.documents.sending.length > 0 || this.asking.writing?.isStarted === false,
  );
  /** Goes up when a question was given back to the field that it was written in. */
  givenBack = $state(0);
  readonly #alcove: Client;
  readonly #list: ConversationList;
  readonly #surroundings: Surroundings;
  readonly #closing = new AbortController();
  /** Steps before a question or a file is on its way. */
  #steps = $state(0);
  /** As it was last read. */
  #read = $state.raw<Conversation | null>(null);
  readonly #newest = $derived.by(() => this.#list.find(this.id) ?? this.#read);
  #creating: Promise<string> | null = null;
  #reloadTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string | null, surroundings: Surroundings) {
    const { alcove, list, maxUploadBytes } = surroundings;
    this.id = id;
    this.#alcove = alcove;
    this.#list = list;
    this.#surroundings = surroundings;
    const { signal } = this.#closing;
    this.documents = new DocumentShelf(alcove, signal, maxUploadBytes);
    this.branch = new ShownBranch(alcove, signal);
    this.asking = new Asking(alcove, this, signal);
  }

  /** Reads history and documents, and stays at the place that is shown; takes up an answer that is still being written. */
  async load(): Promise<void> {
    if (this.id === null || this.#closing.signal.aborted) return;
    this.isLoading = true;
    const begun = this.#list.step;
    try {
      const [history] = await Promise.all([this.branch.read(this.id), this.documents.load(this.id)]);
      // What this page has asked, or an answer that it is reading, is newer than the history.
      if (history === null || this.asking.isUnderWay) this.#reloadSoon();
      else this.#show(history, begun);
      this.problem = null;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.isMissing = isAlcoveError(error) && [400, 403, 404].includes(error.status);
      this.problem = describeError(error);
    }
    this.isLoading = false;
    this.asking.takeUp();
  }

  async loadEarlier(): Promise<void> {
    if (this.id === null) return;
    try {
      await this.branch.addEarlier(this.id);
    } catch (error) {
      this.problem = describeError(error);
    }
  }

  async loadLater(): Promise<void> {
    if (this.id === null) return;
    try {
      await this.branch.addLater(this.id);
    } catch (error) {
      this.problem = describeError(error);
    }
    this.asking.takeUp();
  }

  /**
   * Shows a message with those around it, in whichever branch it is; which branch the conversation goes on with stays as
   * it is. @returns false when there is no such message any more
   */
  async showAround(messageId: string): Promise<boolean> {
    if (this.id === null) return false;
    if (this.branch.has(messageId)) return true;
    await this.asking.done();
    if (this.#closing.signal.aborted) return true;
    try {
      await this.branch.goTo(this.id, messageId);
      return true;
    } catch (error) {
      if (isAlcoveError(error) && error.status === 404) return false;
      this.problem = describeError(error);
      return true;
    }
  }

  /** Shows the end of the branch that the conversation goes on with. */
  async showNewest(): Promise<void> {
    if (!this.branch.isElsewhere) return;
    this.branch.leavePlace();
    await this.load();
  }

  /** Shows the branch through another version of a message. */
  async switchTo(messageId: string): Promise<void> {
    if (this.id === null) return;
    try {
      await this.#alcove.conversations.switchBranch(this.id, messageId);
      this.branch.leavePlace();
    } catch (error) {
      this.problem = describeError(error);
    }
    await this.load();
    // Far back in a long branch it is not on the page of the newest.
    await this.showAround(messageId);
  }

  /** Its answers have been seen, which every device of the person is told. */
  async markRead(): Promise<void> {
    if (this.id === null) return;
    try {
      this.#list.update(await this.#alcove.conversations.update(this.id, { unread: false }));
    } catch {
      // The mark stays, and goes when the conversation is looked at once more.
    }
  }

  /** Null takes the opinion back. */
  async rate(answer: MessageView, rating: 'up' | 'down' | null, reason?: string): Promise<void> {
    const before = answer.rating;
    answer.rating = rating;
    try {
      await this.#alcove.messages.rate(answer.id, { rating, ...(reason ? { reason } : {}) });
    } catch (error) {
      answer.rating = before;
      this.problem = describeError(error);
    }
  }

  /** Adds files to this conversation, which begins with them when it is new. */
  async addFiles(files: File[]): Promise<void> {
    const first = files[0];
    if (!first) return;
    this.problem = null;
    try {
      await this.bring(async () => this.documents.upload(await this.create(first.name), files));
    } catch (error) {
      if (!this.#closing.signal.aborted) this.problem = describeError(error);
    }
  }

  /** Adds what is behind a public address. @throws AlcoveError when it cannot be fetched */
  async addPage(url: string): Promise<void> {
    await this.bring(async () => this.documents.addPage(await this.create(url), url));
  }

  /** The id of this conversation, which is created with the first thing that it needs one for. */
  create(title?: string): Promise<string> {
    if (this.id !== null) return Promise.resolve(this.id);
    // Several files dropped at once, or a file and a question, share one new conversation.
    this.#creating ??= this.#createOnce(title).finally(() => (this.#creating = null));
    return this.#creating;
  }

  /** What it needs to bring to the server is not let go of until it is on its way. */
  async bring<T>(work: () => Promise<T>): Promise<T> {
    this.#steps += 1;
    try {
      return await work();
    } finally {
      this.#steps -= 1;
    }
  }

  /** A question that was not asked after all goes back to where it was written. */
  giveBack(question: string): void {
    this.#surroundings.onRefused(question);
  }

  get isShown(): boolean {
    return this.#surroundings.isShown();
  }

  /** A message was added or has changed, here or elsewhere. */
  hear(told: Pick<Message, 'id' | 'status'>): void {
    const known = this.branch.messages.find(({ id }) => id === told.id);
    // What this page is reading it knows better, and what it asks it has before the server tells it.
    if (this.asking.isUnderWay || known?.status === told.status) return;
    this.#reloadSoon();
  }

  /** The conversation as it is now: another branch may have been chosen, or what was shown deleted, elsewhere. */
  hearBranch({ active_leaf_id: leaf }: Conversation): void {
    if (this.branch.isOvertaken(leaf)) this.#reloadSoon();
  }

  /** A message was deleted, with everything below it. */
  forget(messageId: string): void {
    if (this.branch.hasVersionOf(messageId)) this.#reloadSoon();
  }

  markDeleted(): void {
    this.isMissing = true;
    this.isDeleted = true;
  }

  /** Lets go of every request; answers and ingestion go on at the server. */
  close(): void {
    clearTimeout(this.#reloadTimer);
    this.#closing.abort();
  }

  async #createOnce(title?: string): Promise<string> {
    const created = await this.#alcove.conversations.create({
      title: title?.slice(0, maxTitle).toWellFormed(),
      project_id: this.#list.project,
    });
    this.id = created.id;
    this.#enlist(created);
    this.#surroundings.onCreated(created.id);
    return created.id;
  }

  /** Another one may be open by now. */
  #enlist(conversation: Conversation): void {
    if (this.isShown) this.#list.open(conversation);
    else this.#list.put(conversation);
  }

  /** What this page is reading is newer than any history: that is read when it has ended. */
  #reloadSoon(): void {
    clearTimeout(this.#reloadTimer);
    this.#reloadTimer = setTimeout(() => void this.asking.done().then(() => this.load()), togetherMs);
  }

  #show(history: ConversationHistory, begun: number): void {
    const { messages: _shown, has_more: _more, has_later: _later, leaf_id: _leaf, ...read } = history;
    const conversation = this.#list.asTold(read, begun);
    if (conversation === null) return;
    this.branch.show(history);
    this.#read = conversation;
    this.#enlist(conversation);
    this.isMissing = false;
  }
}
