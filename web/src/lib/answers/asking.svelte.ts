import type { AnswerEvent, Client } from '@alcove/client';
import type { ShownBranch } from '../conversations/shown-branch.svelte.ts';
import { describeError, type Problem } from '../describe-error.ts';
import type { DocumentShelf } from '../documents/document-shelf.svelte.ts';
import { AnswerReading } from './answer-reading.ts';
import { answerView, nextAnswerView, type MessageView } from './message-view.ts';

/** The conversation that is asked in. */
interface Conversation {
  problem: Problem | null;
  readonly branch: ShownBranch;
  readonly documents: DocumentShelf;
  readonly isShown: boolean;
  /** Its id; it may begin with the question. */
  create(): Promise<string>;
  /** Holds it until this is on its way. */
  bring<T>(work: () => Promise<T>): Promise<T>;
  load(): Promise<void>;
  showNewest(): Promise<void>;
  /** To where the question was written. */
  giveBack(question: string): void;
}

/** Questions of one conversation, and the answer that is being written in it. */
export class Asking {
  /** The answer being written, if any. */
  readonly writing = $derived.by(() => this.#on.branch.messages.find(({ status }) => status === 'streaming'));
  readonly canStop = $derived(this.writing?.isStarted === true || this.writing?.isSendingFiles === true);
  /** A question as it was edited, which the server has not taken. */
  refusedEdit = $state.raw<{ messageId: string; text: string } | null>(null);
  readonly #alcove: Client;
  readonly #on: Conversation;
  readonly #closing: AbortSignal;
  readonly #reading: AnswerReading;

  constructor(alcove: Client, on: Conversation, closing: AbortSignal) {
    this.#alcove = alcove;
    this.#on = on;
    this.#closing = closing;
    this.#reading = new AnswerReading(alcove, on.documents, closing);
  }

  get isUnderWay(): boolean {
    return this.#reading.isUnderWay;
  }

  /** Resolves when nothing is read any more: what is being read is not let go of. */
  done(): Promise<void> {
    return this.#reading.done();
  }

  /** Asks; a question that is refused goes back to where it was written. */
  async ask(question: string, options: { withoutPending?: boolean } = {}): Promise<void> {
    const on = this.#on;
    on.problem = null;
    let pair: [MessageView, MessageView] | null = null;
    try {
      const begun = await on.bring(() => this.#begin(question));
      if (begun === null) return this.#takeBack(null, question);
      const [id, asked, answer] = begun;
      pair = [asked, answer];
      const how = options.withoutPending ? 'without' : await this.#reading.sendFilesFirst(answer);
      if (how === 'stopped') return this.#takeBack(pair, question);
      const documentIds = how === 'without' ? on.documents.ready.map((document) => document.id) : undefined;
      const events = this.#alcove.asking.stream(
        id,
        { query: question, ...(documentIds ? { document_ids: documentIds } : {}) },
        this.#reading.options(answer),
      );
      await this.#reading.read(events, answer, (userMessageId) => {
        asked.id = userMessageId;
      });
    } catch (error) {
      this.#fail(error, pair, question);
    }
  }

  /** Answers a question once more, beside the answers that it has. */
  async regenerate(answer: MessageView): Promise<void> {
    await this.#goOnFrom(this.#on.branch.before(answer), [nextAnswerView()], (next) =>
      this.#alcove.asking.streamRegenerate(answer.id, {}, this.#reading.options(next)),
    );
  }

  /** Takes an answer that waits for files back, and answers from those that are read. */
  async answerWithoutPending(answer: MessageView): Promise<void> {
    if (this.#reading.goOn('without')) return;
    const kept = this.#on.branch.before(answer);
    const question = kept.at(-1);
    if (!question) return;
    const how = { document_ids: this.#on.documents.ready.map(({ id }) => id) };
    await this.stop();
    await this.#reading.ended;
    try {
      if (answer.content === '') await this.#alcove.messages.delete(answer.id);
    } catch (error) {
      this.#on.problem = describeError(error);
    }
    await this.#goOnFrom(kept, [nextAnswerView()], (next) =>
      this.#alcove.asking.streamRegenerate(question.id, how, this.#reading.options(next)),
    );
  }

  /** Asks another question in place of one, which stays in a branch of its own. */
  async editQuestion(question: MessageView, text: string): Promise<void> {
    this.refusedEdit = null;
    const isTaken = await this.#goOnFrom(this.#on.branch.before(question), answerView(text), (next) =>
      this.#alcove.asking.streamEdit(question.id, { content: text }, this.#reading.options(next)),
    );
    if (isTaken) return;
    if (this.#on.isShown) this.refusedEdit = { messageId: question.id, text };
    else this.#on.giveBack(text);
  }

  /** Ends the answer being written, on the server; its events then end by themselves. */
  async stop(): Promise<void> {
    this.#reading.goOn('stopped');
    if (!this.writing?.isStarted) return;
    try {
      await this.#alcove.asking.stop(this.writing.id);
    } catch (error) {
      this.#on.problem = describeError(error);
    }
  }

  /** An answer that is being written is read on, unless it is already. */
  takeUp(): void {
    if (this.writing?.isStarted && !this.#reading.isUnderWay) void this.#follow(this.writing);
  }

  /** The question and its answer to come, at the end of the conversation; null when another is being written there. */
  async #begin(question: string): Promise<[string, MessageView, MessageView] | null> {
    // Without a title: the server takes the first question for one.
    const id = await this.#on.create();
    return (await this.#goToEnd(id)) ? [id, ...this.#on.branch.push(question)] : null;
  }

  /** A question continues what is shown. @returns false when an answer is being written there */
  async #goToEnd(id: string): Promise<boolean> {
    const { isElsewhere, otherLeaf } = this.#on.branch;
    if (!isElsewhere) return true;
    if (otherLeaf !== null) await this.#alcove.conversations.switchBranch(id, otherLeaf);
    await this.#on.showNewest();
    return this.writing === undefined;
  }

  /**
   * Goes on from `kept` in another branch; whatever happens, what is shown then is what the server has. @returns false when
   * it was refused
   */
  async #goOnFrom(
    kept: MessageView[],
    fresh: MessageView[],
    open: (answer: MessageView) => AsyncIterable<AnswerEvent>,
  ): Promise<boolean> {
    const on = this.#on;
    on.problem = null;
    const before = [...on.branch.messages];
    const answer = on.branch.goOnFrom(kept, fresh);
    try {
      await this.#reading.read(open(answer), answer);
    } catch (error) {
      if (this.#closing.aborted) return answer.isStarted;
      on.problem = describeError(error);
      // The server may be away for longer.
      if (!answer.isStarted) on.branch.messages = before;
    }
    const { problem } = on;
    await on.load();
    on.problem = problem;
    return answer.isStarted;
  }

  async #follow(answer: MessageView): Promise<void> {
    try {
      await this.#reading.follow(answer);
    } catch (error) {
      if (this.#closing.aborted) return;
      this.#on.problem = describeError(error);
      answer.status = 'incomplete';
    }
  }

  /** Nothing was asked. */
  #takeBack(pair: [MessageView, MessageView] | null, question: string): void {
    this.#on.branch.takeBack(pair ?? []);
    this.#on.giveBack(question);
  }

  /** The question may be stored all the same, with what there is of its answer. */
  #fail(error: unknown, pair: [MessageView, MessageView] | null, question: string): void {
    if (!pair?.[1].isStarted) this.#takeBack(pair, question);
    if (this.#closing.aborted) return;
    this.#on.problem = describeError(error);
    if (pair?.[1].isStarted) pair[1].status = 'incomplete';
  }
}
