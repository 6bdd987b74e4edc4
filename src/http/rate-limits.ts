import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { AppError } from '../errors.ts';

/** Registers the plug-in; only routes that name a limit have one. */
export async function registerRateLimits(app: FastifyInstance): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    hook: 'preHandler',
    keyGenerator: (request: FastifyRequest) => request.principal?.scope.userId ?? addressBlock(request.ip),
    errorResponseBuilder: (_request, context) =>
      new AppError('rate_limited', `Too many requests: at most ${context.max} in this time. Try again in ${Math.ceil(context.ttl / 1000)} s.`, {
        retryAfterSeconds: Math.max(1, Math.ceil(context.ttl / 1000)),
      }),
  });
}

export interface RateLimit {
  max: number;
  timeWindow: number;
  /** Routes of one group share their count. */
  groupId: string;
}

/** Messages of a user, appended or asked, in a minute. */
export function perMinute(max: number, groupId: string): RouteShorthandOptions['config'] {
  const limit: RateLimit = { max, timeWindow: 60_000, groupId };
  return { rateLimit: limit };
}

/** One subscriber often holds a whole /64 of IPv6. */
function addressBlock(ip: string): string {
  return ip.includes(':') && !ip.includes('.') ? ip.split(':').slice(0, 4).join(':') : ip;
}
