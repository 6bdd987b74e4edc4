import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';
import type { Shutdown } from './deps.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served while the server stops: it begins nothing. */
    whileStopping?: boolean;
  }
}

const retryAfterSeconds = 1;

/**
 * While the server stops: connections end with their response, so that no proxy keeps one; then whatever would begin
 * something new is refused, so that it is begun elsewhere.
 */
export function registerShutdown(app: FastifyInstance, shutdown: Shutdown): void {
  app.addHook('onRequest', async (request) => {
    if (!shutdown.isRefusing || request.routeOptions.config.whileStopping === true) return;
    if (request.method === 'GET' || request.method === 'HEAD') return;
    throw new AppError('unavailable', 'This server is stopping: try again, another one answers.', {
      retryAfterSeconds,
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    if (shutdown.isAnnounced) reply.header('connection', 'close');
  });
}
