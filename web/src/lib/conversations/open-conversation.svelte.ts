import {
  isAlcoveError,
  type AnswerEvent,
  type Client,
  type Conversation,
  type ConversationHistory,
  type Message,
} from '@alcove/client';
import { drafts } from '../answers/drafts.ts';
import { answerView, messageView, nextAnswerView, type MessageView } from '../answers/message-view.ts';
import { mergeHistory } from '../answers/merge-history.ts';
import { readAnswer } from '../answers/read-answer.ts';
import { describeError, type Problem } from '../describe-error.ts';
import { DocumentShelf } from '../documents/document-shelf.svelte.ts';
import type { ConversationList } from './conversation-list.svelte.ts';

/** What the server accepts. */
const maxTitle = 500;
const pageSize = 50;
/** Changes of one turn come together. */
const togetherMs = 100;

type Sent = 'sent' | 'without' | 'stopped';

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
  /** There is an answer in it that nobody has said to have seen. */
  readonly isUnread = $derived.by(() => this.#list.find(this.id)?.unread === true);
  messages = $state<MessageView[]>([]);
  hasEarlier = $state(false);
  isLoading = $state(false);
  /** There is no such conversation, or it is somebody else's. */
  isMissing = $state(false);
  /** It was there, and somebody deleted it meanwhile. */
  isDeleted = $state(false);
  problem = $state<Problem | null>(null);
  settings = $state.raw<Conversation['settings']>({});
  readonly documents: DocumentShelf;
  /** The answer being written, if any. */
  readonly writing = $derived(this.messages.find((message) => message.status === 'streaming'));
  readonly canStop = $derived(this.writing?.isStarted === true || this.writing?.isSendingFiles === true);
  readonly #alcove: Client;
  readonly #list: ConversationList;
  readonly #onCreated: (id: string) => void;
  readonly #closing = new AbortController();
  #title = $state('');
  #creating: Promise<string> | null = null;
  #isReading = false;
  /** Ends the wait of a question for files that are being sent. */
  #goOn: ((how: Sent) => void) | null = null;
  /** Resolves when no answer is read any more, however it ended. */
  #reading: Promise<void> = Promise.resolve();
  #reloadTimer: ReturnType<typeof setTimeout> | undefined;

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
  async ask(question: string, options: { withoutPending?: boolean } = {}): Promise<boolean> {
    this.problem = null;
    let pair: [MessageView, MessageView] | null = null;
    try {
      // Without a title: the server takes the first question for one.
      const id = await this.#create();
      const [asked, answer] = (pair = this.#push(question));
      const how = options.withoutPending ? 'without' : await this.#sendFilesFirst(answer);
      if (how === 'stopped') return this.#takeBack(pair, question);
      const documentIds = how === 'without' ? this.documents.ready.map(({ id }) => id) : undefined;
      const events = this.#alcove.asking.stream(
        id,
        { query: question, ...(documentIds ? { document_ids: documentIds } : {}) },
        this.#streamOptions(answer),
      );
      await this.#read(events, answer, (userMessageId) => {
        asked.id = userMessageId;
      });
      return true;
    } catch (error) {
      return this.#closing.signal.aborted || this.#fail(error, pair);
    }
  }

  /** Answers a question once more, beside the answers that it has. */
  async regenerate(answer: MessageView): Promise<void> {
    const kept = this.messages.slice(0, this.messages.indexOf(answer));
    await this.#branch(kept, [nextAnswerView()], (next) =>
      this.#alcove.asking.streamRegenerate(answer.id, {}, this.#streamOptions(next)),
    );
  }

  /** Takes an answer that waits for files back, and answers from those that are read. */
  async answerWithoutPending(answer: MessageView): Promise<void> {
    if (this.#goOn) return this.#goOn('without');
    const at = this.messages.indexOf(answer);
    const question = this.messages[at - 1];
    if (!question) return;
    const how = { document_ids: this.documents.ready.map(({ id }) => id) };
    await this.stop();
    await this.#reading;
    try {
      if (answer.content === '') await this.#alcove.messages.delete(answer.id);
    } catch (error) {
      this.problem = describeError(error);
    }
    await this.#branch(this.messages.slice(0, at), [nextAnswerView()], (next) =>
      this.#alcove.asking.streamRegenerate(question.id, how, this.#streamOptions(next)),
    );
  }

  /** Asks another question in place of one, which stays in a branch of its own. */
  async editQuestion(question: MessageView, text: string): Promise<void> {
    const kept = this.messages.slice(0, this.messages.indexOf(question));
    await this.#branch(kept, answerView(text), (next) =>
      this.#alcove.asking.streamEdit(question.id, { content: text }, this.#streamOptions(next)),
    );
  }

  /** Shows the branch through another version of a message. */
  async switchTo(messageId: string): Promise<void> {
    if (this.id === null) return;
    try {
      await this.#alcove.conversations.switchBranch(this.id, messageId);
    } catch (error) {
      this.problem = describeError(error);
    }
    await this.load();
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

  /** Ends the answer being written, on the server; its events then end by themselves. */
  async stop(): Promise<void> {
    this.#goOn?.('stopped');
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
    } catch (error) {
      if (!this.#closing.signal.aborted) this.problem = describeError(error);
    }
  }

  /** Adds what is behind a public address. @throws AlcoveError when it cannot be fetched */
  async addPage(url: string): Promise<void> {
    const id = await this.#create(url);
    await this.documents.addPage(id, url);
  }

  /** A message was added or has changed, here or elsewhere. */
  hear(told: Pick<Message, 'id' | 'status'>): void {
    const known = this.messages.find(({ id }) => id === told.id);
    // What this page is reading it knows better, and what it asks it has before the server tells it.
    if (this.#isReading || known?.status === told.status) return;
    clearTimeout(this.#reloadTimer);
    this.#reloadTimer = setTimeout(() => void this.load(), togetherMs);
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

  #create(title?: string): Promise<string> {
    if (this.id !== null) return Promise.resolve(this.id);
    // Several files dropped at once, or a file and a question, share one new conversation.
    this.#creating ??= this.#createOnce(title).finally(() => (this.#creating = null));
    return this.#creating;
  }

  async #createOnce(title?: string): Promise<string> {
    const created = await this.#alcove.conversations.create({
      title: title?.slice(0, maxTitle).toWellFormed(),
      project_id: this.#list.project,
    });
    this.id = created.id;
    this.#list.open(created);
    this.#onCreated(created.id);
    return created.id;
  }

  #show({ messages, has_more, ...conversation }: ConversationHistory): void {
    this.#title = conversation.title;
    this.#list.open(conversation);
    this.isMissing = false;
    this.settings = conversation.settings;
    const merged = mergeHistory(this.messages, messages);
    this.messages = merged.messages;
    if (!merged.keepsEarlier) this.hasEarlier = has_more;
  }

  /** Goes on from `kept` in another branch; whatever happens, what is shown then is what the server has. */
  async #branch(
    kept: MessageView[],
    fresh: MessageView[],
    open: (answer: MessageView) => AsyncIterable<AnswerEvent>,
  ): Promise<void> {
    this.problem = null;
    this.messages = [...kept, ...fresh];
    const answer = this.messages.at(-1) as MessageView;
    try {
      await this.#read(open(answer), answer);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.problem = describeError(error);
    }
    const problem = this.problem;
    await this.load();
    this.problem = problem;
  }

  /** A question that needs files waits until the server has them, is asked without them, or is taken back. */
  async #sendFilesFirst(answer: MessageView): Promise<Sent> {
    if (this.documents.sending.length === 0) return 'sent';
    answer.isSendingFiles = true;
    // What is shown is newer than the history.
    this.#isReading = true;
    const gone = new Promise<Sent>((resolve) => {
      this.#goOn = resolve;
      this.#closing.signal.addEventListener('abort', () => resolve('stopped'));
      void this.documents.allSent().then(() => resolve('sent'));
    });
    const how = await gone;
    this.#goOn = null;
    this.#isReading = false;
    answer.isSendingFiles = false;
    return how;
  }

  /** Nothing was asked: the question goes back to the composer, or to where it begins when the page was left. */
  #takeBack(pair: [MessageView, MessageView], question: string): false {
    this.messages = this.messages.filter(({ key }) => !pair.some((view) => view.key === key));
    if (this.#closing.signal.aborted) drafts.write(this.id, question);
    return false;
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
    const reading = readAnswer(events, answer, onQuestionStored);
    this.#reading = reading.catch(() => {});
    try {
      await reading;
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
