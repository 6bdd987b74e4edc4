import type { FastifyReply } from 'fastify';
import { AppError } from '../errors.ts';
import { untilClosed, whenClosed } from './caller-gone.ts';

/** At once, of one user at one process: a browser needs one for all its tabs, and one for each shared conversation. */
const streamsPerUser = 30;

/** Counts streams that stay open until their reader leaves. */
export class OpenStreams {
  readonly #open = new Map<string, number>();

  /** Aborts when the reader is gone. @throws AppError `rate_limited` */
  enter(userId: string, reply: FastifyReply): AbortSignal {
    const others = this.#open.get(userId) ?? 0;
    if (others >= streamsPerUser) throw tooManyStreams();
    this.#open.set(userId, others + 1);
    whenClosed(reply.raw, () => {
      const left = (this.#open.get(userId) ?? 1) - 1;
      if (left > 0) this.#open.set(userId, left);
      else this.#open.delete(userId);
    });
    return untilClosed(reply);
  }
}

function tooManyStreams(): AppError {
  const sentence = `There are ${streamsPerUser} event streams of yours already: close one first.`;
  return new AppError('rate_limited', sentence, { retryAfterSeconds: 10 });
}
