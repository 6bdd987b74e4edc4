import type { AnswerEvent } from '@alcove/contract';

export interface NumberedEvent {
  /** Counts from 1 within an answer; the SSE id. */
  seq: number;
  event: AnswerEvent;
}

/** An answer that this process is writing. */
export interface RunningAnswer {
  userId: string;
  conversationId: string;
  messageId: string;
  /** Only what is committed: readers in this process need not ask the database again. */
  committed: NumberedEvent[];
  stop: AbortController;
  /** Resolves when everything of the answer is written; never rejects. */
  finished: Promise<void>;
}

/** Keyed by message; who reads it has opened the message's conversation before. */
export class RunningAnswers {
  readonly #byMessage = new Map<string, RunningAnswer>();

  add(answer: RunningAnswer): void {
    this.#byMessage.set(answer.messageId, answer);
  }

  remove(messageId: string): void {
    this.#byMessage.delete(messageId);
  }

  /** Only for the owner: an id of somebody else's answer finds nothing. */
  get(userId: string, messageId: string): RunningAnswer | undefined {
    const answer = this.#byMessage.get(messageId);
    return answer?.userId === userId ? answer : undefined;
  }

  countOf(userId: string): number {
    let count = 0;
    for (const answer of this.#byMessage.values()) if (answer.userId === userId) count += 1;
    return count;
  }

  all(): RunningAnswer[] {
    return [...this.#byMessage.values()];
  }
}
