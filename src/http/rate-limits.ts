import { callbackify } from 'node:util';
import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { AppError } from '../errors.ts';
import { addressBlock } from '../limits/address-block.ts';
import type { Principal } from '../identity/authenticate.ts';
import type { SharedWindow } from '../work/shared-window.ts';

const minuteMs = 60_000;

/** Registers the plug-in; only routes that name a limit have one. */
export async function registerRateLimits(app: FastifyInstance, counts: SharedWindow): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    store: storeOn(counts),
    hook: 'preHandler',
    keyGenerator: (request: FastifyRequest) => request.principal?.scope.userId ?? addressBlock(request.ip),
    errorResponseBuilder: (_request, { max, ttl }) => tooMany(max, ttl),
  });
}

function tooMany(max: number, endsInMs: number): AppError {
  const seconds = Math.max(1, Math.ceil(endsInMs / 1000));
  return new AppError(
    'rate_limited',
    `Too many requests: at most ${max} in this time. Try again in ${seconds} s.`,
    { retryAfterSeconds: seconds },
  );
}

/** One count for all routes of a group and all processes; the plug-in's own store would keep one for each route. */
function storeOn(counts: SharedWindow): new () => FastifyRateLimitStore {
  return class SharedCounts implements FastifyRateLimitStore {
    incr(
      key: string,
      callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMs = 60_000,
      max = 1,
    ): void {
      const add = async () => {
        const { count, endsInMs } = await counts.add(countOf(key), windowMs, max);
        return { current: count, ttl: endsInMs };
      };
      callbackify(add)(callback);
    }

    child(): this {
      return this;
    }
  };
}

export interface RateLimit {
  max: number | ((request: FastifyRequest) => number);
  timeWindow: number;
  /** Routes of one group share their count. */
  groupId: string;
}

const messages = 'messages';

/** Messages of a user, appended or asked, in a minute: as many as the account's own quota says, or else the server. */
export function messagesPerMinute(fallback: number): RouteShorthandOptions['config'] {
  return perMinute((request) => request.principal?.messagesPerMinute ?? fallback, messages);
}

/**
 * Counts a message that is one of several things that its route does.
 * @throws AppError `rate_limited`
 */
export async function countMessage(
  { scope, messagesPerMinute: own }: Principal,
  counts: SharedWindow,
  fallback: number,
): Promise<void> {
  const max = own ?? fallback;
  // The plug-in puts the group behind its key.
  const { count, endsInMs } = await counts.add(countOf(`${scope.userId}${messages}`), minuteMs, max);
  if (count > max) throw tooMany(max, endsInMs);
}

function countOf(key: string): string {
  return `requests:${key}`;
}

export function perMinute(max: RateLimit['max'], groupId: string): RouteShorthandOptions['config'] {
  const limit: RateLimit = { max, timeWindow: minuteMs, groupId };
  return { rateLimit: limit };
}
