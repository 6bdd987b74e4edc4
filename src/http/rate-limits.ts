import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { AppError } from '../errors.ts';
import { addressBlock } from '../limits/address-block.ts';
import { CountWindow } from '../limits/count-window.ts';

/** Registers the plug-in; only routes that name a limit have one. */
export async function registerRateLimits(app: FastifyInstance): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    store: SharedCounts,
    hook: 'preHandler',
    keyGenerator: (request: FastifyRequest) => request.principal?.scope.userId ?? addressBlock(request.ip),
    errorResponseBuilder: (_request, context) =>
      new AppError(
        'rate_limited',
        `Too many requests: at most ${context.max} in this time. Try again in ${Math.ceil(context.ttl / 1000)} s.`,
        {
          retryAfterSeconds: Math.max(1, Math.ceil(context.ttl / 1000)),
        },
      ),
  });
}

/** One count for all routes of a group; the plug-in's own store would keep one for each route. */
class SharedCounts implements FastifyRateLimitStore {
  readonly #counts = new CountWindow();

  incr(
    key: string,
    callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
    windowMs = 60_000,
  ): void {
    const { count, endsInMs } = this.#counts.add(key, windowMs);
    callback(null, { current: count, ttl: endsInMs });
  }

  child(): this {
    return this;
  }
}

export interface RateLimit {
  max: number | ((request: FastifyRequest) => number);
  timeWindow: number;
  /** Routes of one group share their count. */
  groupId: string;
}

/** Messages of a user, appended or asked, in a minute: as many as the account's own quota says, or else the server. */
export function messagesPerMinute(fallback: number): RouteShorthandOptions['config'] {
  return perMinute((request) => request.principal?.messagesPerMinute ?? fallback, 'messages');
}

export function perMinute(max: RateLimit['max'], groupId: string): RouteShorthandOptions['config'] {
  const limit: RateLimit = { max, timeWindow: 60_000, groupId };
  return { rateLimit: limit };
}
