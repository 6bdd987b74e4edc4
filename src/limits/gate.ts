import { AppError } from '../errors.ts';

/** Lets at most `width` holders in at a time; the others wait in line, at most `maxWaiting` of them. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  readonly #maxWaiting: number;
  #free: number;

  constructor(width: number, maxWaiting = Infinity) {
    this.#free = Math.max(1, width);
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Waits for a place; the returned function gives it back.
   * @throws the reason of `signal` if that comes first, AppError `unavailable` when too many wait already
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else if (this.#waiting.length >= this.#maxWaiting) throw tooMany();
    else await this.#wait(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  #wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal?.reason as Error);
      };
      this.#waiting.push(enter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}

function tooMany(): AppError {
  return new AppError('unavailable', 'Too many such requests at once: try again in a moment.', {
    retryAfterSeconds: 2,
  });
}
