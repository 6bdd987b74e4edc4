import { Gate } from './gate.ts';

/** Tasks that nobody waits for, a few at a time; at the stop of the server they can be waited for. */
export class Background {
  readonly #gate: Gate;
  readonly #onFailure: (error: unknown) => void;
  readonly #running = new Set<Promise<void>>();

  /** More than `maxWaiting` fail at once. */
  constructor(width: number, maxWaiting: number, onFailure: (error: unknown) => void) {
    this.#gate = new Gate(width, maxWaiting);
    this.#onFailure = onFailure;
  }

  run(task: () => Promise<void>): void {
    const running = this.#attempt(task).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #attempt(task: () => Promise<void>): Promise<void> {
    try {
      const leave = await this.#gate.enter();
      await task().finally(leave);
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
