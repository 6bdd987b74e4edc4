import { isAlcoveError, type Client, type ConversationHistory } from '@alcove/client';
import { mergeHistory } from '../answers/merge-history.ts';
import { answerView, messageView, type MessageView } from '../answers/message-view.ts';

const pageSize = 50;

/** The messages of a conversation that are shown: the newest of the branch that it goes on with, or those around a place. */
export class ShownBranch {
  messages = $state<MessageView[]>([]);
  hasEarlier = $state(false);
  /** There are messages after those that are shown: a place in the middle was gone to. */
  hasLater = $state(false);
  /** The end of the branch that is shown, where that is another one than the conversation goes on with. */
  otherLeaf = $state<string | null>(null);
  readonly #alcove: Client;
  readonly #closing: AbortSignal;
  /** Where the branch ends that the conversation goes on with, as it was last read. */
  #leaf: string | null = null;
  /** Readings are numbered as they begin, and what is shown has the number of its own. */
  #begun = 0;
  #shown = 0;

  constructor(alcove: Client, closing: AbortSignal) {
    this.#alcove = alcove;
    this.#closing = closing;
  }

  /** True where the end of the branch that the conversation goes on with is not shown. */
  get isElsewhere(): boolean {
    return this.otherLeaf !== null || this.hasLater;
  }

  has(messageId: string): boolean {
    return this.messages.some(({ id }) => id === messageId);
  }

  /**
   * A page of history: the newest, or around the last message that is shown when a place was gone to. Null where what is
   * shown meanwhile is newer.
   */
  async read(conversation: string): Promise<ConversationHistory | null> {
    this.#begun += 1;
    const begun = this.#begun;
    const history = await this.#read(conversation);
    if (begun < this.#shown) return null;
    this.#shown = begun;
    return history;
  }

  async #read(conversation: string): Promise<ConversationHistory> {
    const around = this.isElsewhere ? this.messages.at(-1)?.id : undefined;
    if (around) {
      try {
        return await this.#page(conversation, { around });
      } catch (error) {
        if (!isAlcoveError(error) || error.status !== 404) throw error;
        // It is gone, and the place with it.
      }
    }
    return this.#page(conversation, {});
  }

  /** Shows what was read, and keeps what is shown of it as it is. */
  show(history: ConversationHistory): void {
    this.#place(history);
    const merged = mergeHistory(this.messages, history.messages);
    this.messages = merged.messages;
    if (!merged.keepsEarlier) this.hasEarlier = history.has_more;
  }

  async addEarlier(conversation: string): Promise<void> {
    const before = this.messages[0]?.id;
    if (!before) return;
    const history = await this.#page(conversation, { before });
    if (this.messages[0]?.id !== before) return;
    this.messages.unshift(...history.messages.map(messageView));
    this.hasEarlier = history.has_more;
  }

  async addLater(conversation: string): Promise<void> {
    const after = this.messages.at(-1)?.id;
    if (!after) return;
    const history = await this.#page(conversation, { after });
    if (this.messages.at(-1)?.id !== after) return;
    this.messages.push(...history.messages.map(messageView));
    this.#place(history);
  }

  /** Shows a message with those around it, in whichever branch it is. */
  async goTo(conversation: string, messageId: string): Promise<void> {
    const history = await this.#page(conversation, { around: messageId });
    this.#overtake();
    this.messages = history.messages.map(messageView);
    this.hasEarlier = history.has_more;
    this.#place(history);
  }

  /** What is read next is the newest. */
  leavePlace(): void {
    this.otherLeaf = null;
    this.hasLater = false;
  }

  /** True when the conversation goes on with another branch than what is shown knows of. */
  isOvertaken(leaf: string | null): boolean {
    return leaf !== this.#leaf && (leaf === null || leaf !== this.messages.at(-1)?.id);
  }

  /** True when it is shown, or another version of it is. */
  hasVersionOf(messageId: string): boolean {
    return this.messages.some(({ id, siblings }) => id === messageId || siblings.includes(messageId));
  }

  /** What comes before it. */
  before(message: MessageView): MessageView[] {
    return this.messages.slice(0, this.messages.indexOf(message));
  }

  /** A question and its answer at the end, as the reactive objects that the list holds. */
  push(question: string): [MessageView, MessageView] {
    this.#overtake();
    const at = this.messages.length;
    this.messages.push(...answerView(question));
    return [this.messages[at] as MessageView, this.messages[at + 1] as MessageView];
  }

  /** Shows another end of the branch, at which an answer is to be written. @returns it, as the reactive object */
  goOnFrom(kept: readonly MessageView[], fresh: readonly MessageView[]): MessageView {
    this.leavePlace();
    this.#overtake();
    this.messages = [...kept, ...fresh];
    return this.messages.at(-1) as MessageView;
  }

  takeBack(pair: readonly MessageView[]): void {
    this.messages = this.messages.filter(({ key }) => !pair.some((view) => view.key === key));
  }

  /** What is being read is older than what is shown from now on. */
  #overtake(): void {
    this.#begun += 1;
    this.#shown = this.#begun;
  }

  #page(
    conversation: string,
    at: { around?: string; before?: string; after?: string },
  ): Promise<ConversationHistory> {
    const query = { limit: pageSize, ...at };
    return this.#alcove.conversations.get(conversation, query, { signal: this.#closing });
  }

  #place({ has_later, leaf_id, active_leaf_id }: ConversationHistory): void {
    this.hasLater = has_later;
    this.#leaf = active_leaf_id;
    this.otherLeaf = leaf_id === active_leaf_id ? null : leaf_id;
  }
}
