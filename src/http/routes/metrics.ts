import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { bearer } from '../auth.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../deps.ts';
import { isLoopback } from '../security.ts';

/** Counts and durations of this process for Prometheus: nothing in them is anybody's. */
export function metricsRoutes(app: App, { metrics, config }: HttpDeps): void {
  if (metrics === undefined) return;
  app.get(
    '/metrics',
    {
      // Without a token it is for this machine alone, and a page of another site must not read it.
      config: { public: true, anyHost: config.metricsToken !== undefined },
      logLevel: 'warn',
      schema: {
        tags: ['system'],
        operationId: 'getMetrics',
        summary: 'Figures for Prometheus',
        description:
          'Requests, answers, retrieval, work, caches and the process. With METRICS_TOKEN set it needs that as a bearer token; without, it is served on a loopback address only.',
        sends: { 'text/plain': z.string() },
      },
    },
    async (request, reply) => {
      if (config.metricsToken !== undefined) {
        if (!isSame(bearer(request), config.metricsToken))
          throw new AppError('unauthenticated', 'This needs the METRICS_TOKEN as a bearer token.');
      } else if (!isLoopback(config.host)) {
        throw new AppError('forbidden', 'Set METRICS_TOKEN to have metrics on an address that others reach.');
      }
      return reply.type(metrics.contentType).send(await metrics.print());
    },
  );
}

/** In a time that says nothing about where they differ. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
