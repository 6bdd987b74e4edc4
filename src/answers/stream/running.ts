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
  readonly #starting = new Map<string, number>();

  /**
   * Takes one of the user's places for an answer that is about to begin; false when all `limit` are taken. Whoever has
   * one gives it back with `endStart`, when the answer has been added or will not be.
   */
  start(userId: string, limit: number): boolean {
    const starting = this.#starting.get(userId) ?? 0;
    if (this.#countOf(userId) + starting >= limit) return false;
    this.#starting.set(userId, starting + 1);
    return true;
  }

  endStart(userId: string): void {
    const left = (this.#starting.get(userId) ?? 0) - 1;
    if (left > 0) this.#starting.set(userId, left);
    else this.#starting.delete(userId);
  }

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

  #countOf(userId: string): number {
    let count = 0;
    for (const answer of this.#byMessage.values()) if (answer.userId === userId) count += 1;
    return count;
  }

  all(): RunningAnswer[] {
    return [...this.#byMessage.values()];
  }
}
