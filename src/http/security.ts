import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';
import type { HttpDeps } from './deps.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Served under any host name where others reach this server: who looks after it knows it by its address alone. On a
     * loopback address a page of another site would be let in by that.
     */
    anyHost?: boolean;
  }
  interface FastifyRequest {
    /** The browser speaks to this server, or to the proxy before it, over TLS. */
    isOverTls: boolean;
  }
}

/** Headers of every response, and who may talk to this server at all. */
export function registerSecurity(app: FastifyInstance, config: HttpDeps['config']): void {
  const hosts = allowedHosts(config);
  const isReached = !isLoopback(config.host);
  const isSecure = config.publicUrl?.startsWith('https:') === true;
  app.decorateRequest('isOverTls', isSecure);
  app.addHook('onRequest', async (request, reply) => {
    if (request.protocol === 'https') request.isOverTls = true;
    reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'x-frame-options': 'DENY',
      'cache-control': 'private, no-store',
      'content-security-policy':
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    });
    if (isSecure) reply.header('strict-transport-security', 'max-age=31536000');
    const isOpen = hosts === null || (isReached && request.routeOptions.config.anyHost === true);
    if (!isOpen && !hosts.has(hostOf(request.headers.host))) {
      throw new AppError(
        'forbidden',
        'This server does not answer to that host name: add it to ALLOWED_HOSTS.',
      );
    }
  });
}

/**
 * Null: any name. A server on a loopback address answers only to local names, so that a page of another site
 * cannot reach it by pointing its own name here.
 */
function allowedHosts(config: HttpDeps['config']): Set<string> | null {
  const named = [...config.allowedHosts];
  if (config.publicUrl !== undefined) named.push(new URL(config.publicUrl).hostname);
  if (named.length === 0 && !isLoopback(config.host)) return null;
  return new Set(
    ['localhost', '127.0.0.1', '[::1]', config.host, ...named].map((name) => name.toLowerCase()),
  );
}

/** True when nothing says that others than the users of this machine reach the server. */
export function isForThisMachine({
  host,
  publicUrl,
  allowedHosts,
  trustProxy,
}: Pick<HttpDeps['config'], 'host' | 'publicUrl' | 'allowedHosts' | 'trustProxy'>): boolean {
  const isAnnounced = publicUrl !== undefined || allowedHosts.length > 0 || trustProxy !== undefined;
  return isLoopback(host) && !isAnnounced;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function hostOf(header: string | undefined): string {
  return (header ?? '').toLowerCase().replace(/:\d+$/, '');
}
