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
  /** There are messages after those that are shown: a place in the middle was gone to. */
  hasLater = $state(false);
  /** The end of the branch that is shown, where that is another one than the conversation goes on with. */
  otherLeaf = $state<string | null>(null);
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
  /** Where the branch ends that the conversation goes on with, as it was last read. */
  #leaf: string | null = null;
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

  /** Reads history and documents, and stays at the place that is shown; takes up an answer that is still being written. */
  async load(): Promise<void> {
    if (this.id === null || this.#closing.signal.aborted) return;
    this.isLoading = true;
    try {
      const [history] = await Promise.all([this.#readHistory(this.id), this.documents.load(this.id)]);
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

  async loadLater(): Promise<void> {
    const after = this.messages.at(-1)?.id;
    if (this.id === null || !after) return;
    try {
      const history = await this.#alcove.conversations.get(this.id, { limit: pageSize, after });
      this.messages.push(...history.messages.map(messageView));
      this.#place(history);
    } catch (error) {
      this.problem = describeError(error);
    }
    if (this.writing && !this.#isReading) void this.#follow(this.writing);
  }

  /**
   * Shows a message with those around it, in whichever branch it is; which branch the conversation goes on with stays as
   * it is. @returns false when there is no such message any more
   */
  async showAround(messageId: string): Promise<boolean> {
    if (this.id === null) return false;
    if (this.messages.some(({ id }) => id === messageId)) return true;
    await this.#doneReading();
    if (this.#closing.signal.aborted) return true;
    try {
      const history = await this.#alcove.conversations.get(this.id, { limit: pageSize, around: messageId });
      this.messages = history.messages.map(messageView);
      this.hasEarlier = history.has_more;
      this.#place(history);
      return true;
    } catch (error) {
      if (isAlcoveError(error) && error.status === 404) return false;
      this.problem = describeError(error);
      return true;
    }
  }

  /** Shows the end of the branch that the conversation goes on with. */
  async showNewest(): Promise<void> {
    if (this.otherLeaf === null && !this.hasLater) return;
    this.#leavePlace();
    await this.load();
  }

  /** Asks; resolves false when the question was refused, so that the composer can keep its text. */
  async ask(question: string, options: { withoutPending?: boolean } = {}): Promise<boolean> {
    this.problem = null;
    let pair: [MessageView, MessageView] | null = null;
    try {
      // Without a title: the server takes the first question for one.
      const id = await this.#create();
      if (!(await this.#goToEnd(id))) return false;
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
      this.#leavePlace();
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
    this.#reloadSoon();
  }

  /** The conversation as it is now: another branch may have been chosen, or what was shown deleted, elsewhere. */
  hearBranch({ active_leaf_id: leaf }: Conversation): void {
    if (leaf !== this.#leaf && (leaf === null || leaf !== this.messages.at(-1)?.id)) this.#reloadSoon();
  }

  /** A message was deleted, with everything below it. */
  forget(messageId: string): void {
    const isShown = this.messages.some(
      ({ id, siblings }) => id === messageId || siblings.includes(messageId),
    );
    if (isShown) this.#reloadSoon();
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

  /** A page of history: the newest, or around the last message that is shown when a place was gone to. */
  async #readHistory(id: string): Promise<ConversationHistory> {
    const { signal } = this.#closing;
    const around = this.otherLeaf !== null || this.hasLater ? this.messages.at(-1)?.id : undefined;
    if (around) {
      try {
        return await this.#alcove.conversations.get(id, { limit: pageSize, around }, { signal });
      } catch (error) {
        if (!isAlcoveError(error) || error.status !== 404) throw error;
        // It is gone, and the place with it.
      }
    }
    return this.#alcove.conversations.get(id, { limit: pageSize }, { signal });
  }

  /** An answer that is being read here is not let go of. */
  async #doneReading(): Promise<void> {
    while (this.#isReading && !this.#closing.signal.aborted) {
      await this.#reading;
      // Sending files ends just before its answer begins.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /** What this page is reading is newer than any history: that is read when it has ended. */
  #reloadSoon(): void {
    clearTimeout(this.#reloadTimer);
    this.#reloadTimer = setTimeout(() => void this.#doneReading().then(() => this.load()), togetherMs);
  }

  #place({ has_later, leaf_id, active_leaf_id }: ConversationHistory): void {
    this.hasLater = has_later;
    this.#leaf = active_leaf_id;
    this.otherLeaf = leaf_id === active_leaf_id ? null : leaf_id;
  }

  #leavePlace(): void {
    this.otherLeaf = null;
    this.hasLater = false;
  }

  /** A question continues what is shown. @returns false when an answer is being written there */
  async #goToEnd(id: string): Promise<boolean> {
    if (this.otherLeaf === null && !this.hasLater) return true;
    if (this.otherLeaf !== null) await this.#alcove.conversations.switchBranch(id, this.otherLeaf);
    await this.showNewest();
    return this.writing === undefined;
  }

  #show(history: ConversationHistory): void {
    const { messages, has_more, has_later: _later, leaf_id: _leaf, ...conversation } = history;
    this.#place(history);
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
    this.#leavePlace();
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
    this.#reading = gone.then(() => {});
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
