import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';
import { authenticate, type Principal } from '../identity/authenticate.ts';
import type { IdentityDeps } from '../identity/deps.ts';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    /** Served without credentials; the list of such routes is frozen by a test. */
    public?: boolean;
    /** A POST that changes nothing: a read-only key may call it. */
    readOnly?: boolean;
    /** For administrators only. */
    admin?: boolean;
    /** For a person who has signed in: an API key never suffices. */
    signedIn?: boolean;
    /** Below one conversation: a key limited to a conversation may call it; the scope checks which. */
    conversation?: boolean;
  }
}

/** Authenticates every route that does not say that it is public, before its body is read. */
export function registerAuth(app: FastifyInstance, identity: IdentityDeps): void {
  app.decorateRequest('principal', null);
  app.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    if (config.public === true || request.is404) return;
    const principal = await authenticate(bearer(request), identity);
    const changes = request.method !== 'GET' && request.method !== 'HEAD' && config.readOnly !== true;
    if (changes && principal.access === 'read') {
      throw new AppError('forbidden', 'This API key may only read.');
    }
    if ((config.signedIn === true || config.admin === true) && principal.credential === 'api_key') {
      throw new AppError('forbidden', 'An API key cannot do this: sign in.');
    }
    if (config.admin === true && principal.role !== 'admin') {
      throw new AppError('forbidden', 'This is for administrators.');
    }
    if (principal.scope.limitedTo !== undefined && config.conversation !== true) {
      throw new AppError('forbidden', 'This API key is for one conversation only.');
    }
    request.principal = principal;
  });
}

/** The authenticated caller. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new AppError('unauthenticated', 'Sign in first.');
  return request.principal;
}

/** @throws AppError `unauthenticated` without a credential in the headers */
export function bearer(request: FastifyRequest): string {
  const header = request.headers.authorization;
  const match = header === undefined ? null : /^Bearer +(\S+) *$/i.exec(header);
  const apiKey = request.headers['x-api-key'];
  const credential = match?.[1] ?? (typeof apiKey === 'string' ? apiKey : undefined);
  if (credential === undefined || credential.length > 8_000) {
    throw new AppError('unauthenticated', 'This needs a token: send "Authorization: Bearer <token>".');
  }
  return credential;
}
