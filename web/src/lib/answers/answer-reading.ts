import type { AnswerEvent, Client } from '@alcove/client';
import type { DocumentShelf } from '../documents/document-shelf.svelte.ts';
import type { MessageView } from './message-view.ts';
import { readAnswer } from './read-answer.ts';

/** How a question that waits for files goes on: with them, without them, or not at all. */
export type Sent = 'sent' | 'without' | 'stopped';

/** What a page reads of an answer while it is written, one at a time: it is newer than any history. */
export class AnswerReading {
  isUnderWay = false;
  /** Resolves when it has ended, however it did. */
  ended: Promise<void> = Promise.resolve();
  readonly #alcove: Client;
  readonly #documents: DocumentShelf;
  readonly #closing: AbortSignal;
  /** Ends the wait of a question for files that are being sent. */
  #goOn: ((how: Sent) => void) | null = null;

  constructor(alcove: Client, documents: DocumentShelf, closing: AbortSignal) {
    this.#alcove = alcove;
    this.#documents = documents;
    this.#closing = closing;
  }

  /** @throws AlcoveError when it cannot be read to its end */
  async read(
    events: AsyncIterable<AnswerEvent>,
    answer: MessageView,
    onQuestionStored?: (userMessageId: string) => void,
  ): Promise<void> {
    this.isUnderWay = true;
    const reading = readAnswer(events, answer, onQuestionStored);
    this.ended = reading.catch(() => {});
    try {
      await reading;
    } finally {
      this.isUnderWay = false;
    }
  }

  /** Takes up an answer that is being written already. @throws AlcoveError as `read` */
  follow(answer: MessageView): Promise<void> {
    return this.read(this.#alcove.asking.follow(answer.id, this.options(answer)), answer);
  }

  /** What each stream of an answer is opened with. */
  options(answer: MessageView) {
    const onReconnecting = (is: boolean) => (answer.isReconnecting = is);
    return { signal: this.#closing, onReconnecting };
  }

  /** A question that needs files waits until the server has them, is asked without them, or is taken back. */
  async sendFilesFirst(answer: MessageView): Promise<Sent> {
    if (this.#documents.sending.length === 0) return 'sent';
    answer.isSendingFiles = true;
    this.isUnderWay = true;
    const gone = new Promise<Sent>((resolve) => {
      this.#goOn = resolve;
      this.#closing.addEventListener('abort', () => resolve('stopped'));
      void this.#documents.allSent().then(() => resolve('sent'));
    });
    this.ended = gone.then(() => {});
    const how = await gone;
    this.#goOn = null;
    this.isUnderWay = false;
    answer.isSendingFiles = false;
    return how;
  }

  /** @returns false when no question waits for files */
  goOn(how: Sent): boolean {
    this.#goOn?.(how);
    return this.#goOn !== null;
  }

  /** Resolves when nothing is read any more: what is being read is not let go of. */
  async done(): Promise<void> {
    while (this.isUnderWay && !this.#closing.aborted) {
      await this.ended;
      // Sending files ends just before its answer begins.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}
