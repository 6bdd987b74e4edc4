import { setTimeout as sleep } from 'node:timers/promises';
import { Gate } from './gate.ts';

/** Tasks that nobody waits for, a few at a time. The stop of the server waits for them only so long. */
export class Background {
  readonly #gate: Gate;
  readonly #onFailure: (error: unknown) => void;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  /** More than `maxWaiting` fail at once. */
  constructor(width: number, maxWaiting: number, onFailure: (error: unknown) => void) {
    this.#gate = new Gate(width, maxWaiting);
    this.#onFailure = onFailure;
  }

  /** `signal`: the server stops, and has waited as long as it will. */
  run(task: (signal: AbortSignal) => Promise<void>): void {
    const running = this.#attempt(task).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when nothing runs any more; what is not done after `graceMs` is aborted, what waits does not begin. */
  async stop(graceMs: number): Promise<void> {
    const settled = Promise.all(this.#running);
    if (graceMs > 0) await Promise.race([settled, sleep(graceMs, undefined, { ref: false })]);
    this.#stopping.abort(new Error('the server stops'));
    await settled;
  }

  async #attempt(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    try {
      const leave = await this.#gate.enter(signal);
      await task(signal).finally(leave);
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
