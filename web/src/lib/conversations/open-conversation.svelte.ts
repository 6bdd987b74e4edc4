import { isAlcoveError, type AnswerEvent, type Client, type ConversationHistory } from '@alcove/client';
import { answerView, messageView, type MessageView } from '../answers/message-view.ts';
import { readAnswer } from '../answers/read-answer.ts';
import { describeError, type Problem } from '../describe-error.ts';
import { DocumentShelf } from '../documents/document-shelf.svelte.ts';
import type { ConversationList } from './conversation-list.svelte.ts';

/** What the server accepts. */
const maxTitle = 500;
const pageSize = 50;

interface Surroundings {
  alcove: Client;
  list: ConversationList;
  maxUploadBytes: number;
  /** Called when the server has created this conversation, before anything is sent to it. */
  onCreated: (id: string) => void;
}

/**
 * The conversation on the screen: its history, its documents and the answer being written.
 * It begins without an id; the first question or file creates it on the server.
 */
export class OpenConversation {
  id = $state<string | null>(null);
  readonly title = $derived.by(() => this.#list.find(this.id)?.title ?? this.#title);
  messages = $state<MessageView[]>([]);
  hasEarlier = $state(false);
  isLoading = $state(false);
  /** There is no such conversation, or it is somebody else's. */
  isMissing = $state(false);
  problem = $state<Problem | null>(null);
  readonly documents: DocumentShelf;
  /** The answer being written, if any. */
  readonly writing = $derived(this.messages.find((message) => message.status === 'streaming'));
  readonly #alcove: Client;
  readonly #list: ConversationList;
  readonly #onCreated: (id: string) => void;
  readonly #closing = new AbortController();
  #title = $state('');
  #creating: Promise<string> | null = null;
  #isReading = false;

  constructor(id: string | null, { alcove, list, maxUploadBytes, onCreated }: Surroundings) {
    this.id = id;
    this.#alcove = alcove;
    this.#list = list;
    this.#onCreated = onCreated;
    this.documents = new DocumentShelf(alcove, this.#closing.signal, maxUploadBytes);
  }

  /** Reads history and documents; takes up an answer that is still being written. */
  async load(): Promise<void> {
    if (this.id === null) return;
    this.isLoading = true;
    try {
      const [history] = await Promise.all([
        this.#alcove.conversations.get(this.id, { limit: pageSize }, { signal: this.#closing.signal }),
        this.documents.load(this.id),
      ]);
      // An answer that is being read here is newer than the history.
      if (!this.#isReading) this.#show(history);
      this.problem = null;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.isMissing = isAlcoveError(error) && [400, 403, 404].includes(error.status);
      this.problem = describeError(error);
    }
    this.isLoading = false;
    if (this.writing && !this.#isReading) void this.#follow(this.writing);
  }

  async loadEarlier(): Promise<void> {
    const before = this.messages[0]?.id;
    if (this.id === null || !before) return;
    try {
      const history = await this.#alcove.conversations.get(this.id, { limit: pageSize, before });
      this.messages.unshift(...history.messages.map(messageView));
      this.hasEarlier = history.has_more;
    } catch (error) {
      this.problem = describeError(error);
    }
  }

  /** Asks; resolves false when the question was refused, so that the composer can keep its text. */
  async ask(question: string): Promise<boolean> {
    this.problem = null;
    let pair: [MessageView, MessageView] | null = null;
    try {
      // Without a title: the server takes the first question for one.
      const id = await this.#create();
      const [asked, answer] = (pair = this.#push(question));
      const events = this.#alcove.asking.stream(id, { query: question }, this.#streamOptions(answer));
      await this.#read(events, answer, (userMessageId) => {
        asked.id = userMessageId;
        void this.#list.refresh();
      });
      return true;
    } catch (error) {
      return this.#closing.signal.aborted || this.#fail(error, pair);
    } finally {
      if (!this.#closing.signal.aborted) void this.#list.refresh();
    }
  }

  /** Ends the answer being written, on the server; its events then end by themselves. */
  async stop(): Promise<void> {
    if (!this.writing?.isStarted) return;
    try {
      await this.#alcove.asking.stop(this.writing.id);
    } catch (error) {
      this.problem = describeError(error);
    }
  }

  /** Adds files to this conversation, which begins with them when it is new. */
  async addFiles(files: File[]): Promise<void> {
    const first = files[0];
    if (!first) return;
    this.problem = null;
    try {
      const id = await this.#create(first.name);
      await this.documents.upload(id, files);
      void this.#list.refresh();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.problem = describeError(error);
    }
  }

  /** Lets go of every request; answers and ingestion go on at the server. */
  close(): void {
    this.#closing.abort();
  }

  #create(title?: string): Promise<string> {
    if (this.id !== null) return Promise.resolve(this.id);
    // Several files dropped at once, or a file and a question, share one new conversation.
    this.#creating ??= this.#createOnce(title).finally(() => (this.#creating = null));
    return this.#creating;
  }

  async #createOnce(title?: string): Promise<string> {
    const created = await this.#alcove.conversations.create({
      title: title?.slice(0, maxTitle).toWellFormed(),
    });
    this.id = created.id;
    this.#list.add(created);
    this.#onCreated(created.id);
    return created.id;
  }

  #show({ messages, has_more, ...conversation }: ConversationHistory): void {
    this.#title = conversation.title;
    this.#list.update(conversation);
    this.messages = messages.map(messageView);
    this.hasEarlier = has_more;
  }

  /** The two new messages, as the reactive objects that the list holds. */
  #push(question: string): [MessageView, MessageView] {
    const at = this.messages.length;
    this.messages.push(...answerView(question));
    return [this.messages[at] as MessageView, this.messages[at + 1] as MessageView];
  }

  async #follow(answer: MessageView): Promise<void> {
    try {
      await this.#read(this.#alcove.asking.follow(answer.id, this.#streamOptions(answer)), answer);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.problem = describeError(error);
      answer.status = 'incomplete';
    }
  }

  async #read(
    events: AsyncIterable<AnswerEvent>,
    answer: MessageView,
    onQuestionStored?: (userMessageId: string) => void,
  ): Promise<void> {
    this.#isReading = true;
    try {
      await readAnswer(events, answer, onQuestionStored);
    } finally {
      this.#isReading = false;
    }
  }

  #streamOptions(answer: MessageView) {
    const onReconnecting = (is: boolean) => (answer.isReconnecting = is);
    return { signal: this.#closing.signal, onReconnecting };
  }

  /** True when the question is stored all the same, with what there is of its answer. */
  #fail(error: unknown, pair: [MessageView, MessageView] | null): boolean {
    this.problem = describeError(error);
    if (pair?.[1].isStarted) {
      pair[1].status = 'incomplete';
      return true;
    }
    this.messages = this.messages.filter((message) => !pair?.some((view) => view.key === message.key));
    return false;
  }
}
