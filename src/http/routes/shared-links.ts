import {
  type ContinuedConversation,
  continuedConversation,
  openShareQuery,
  sharedConversation,
  sharePasswordHeader,
  shareTokenParams,
} from '@alcove/contract';
import type { FastifyRequest } from 'fastify';
import { authenticate } from '../../identity/authenticate.ts';
import type { IdentityDeps } from '../../identity/deps.ts';
import { type Continued, continueLink } from '../../sharing/continue-link.ts';
import { openLink, type Visitor, viewLink } from '../../sharing/open-link.ts';
import type { App } from '../app.ts';
import { bearer, principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { settleWith } from '../held-key.ts';
import { presentConversation } from '../present.ts';
import { perMinute } from '../rate-limits.ts';

const tags = ['sharing'];
/** From one address: a token of 256 bits is not found by trying, and trying is not free either. */
const opensPerMinute = 120;

/** What readers of a link see and may do. */
export function sharedLinkRoutes(app: App, { identity, documents }: HttpDeps): void {
  app.get(
    '/s/:token',
    {
      config: { public: true, ...perMinute(opensPerMinute, 'shared links') },
      schema: {
        tags,
        operationId: 'openShare',
        summary: 'What a link shows',
        description:
          'For anybody who has the link; one with a password wants it in `X-Share-Password`, one for a person wants their token. It is never indexed or kept by caches.',
        params: shareTokenParams,
        headers: sharePasswordHeader,
        querystring: openShareQuery,
        response: { 200: sharedConversation },
      },
    },
    async (request, reply) => {
      reply.header('x-robots-tag', 'noindex, nofollow, noarchive');
      const { token } = request.params;
      return viewLink(token, visitorOf(request, identity), !request.query.again, identity);
    },
  );

  app.post(
    '/s/:token/continue',
    {
      config: perMinute(opensPerMinute, 'shared links'),
      schema: {
        tags,
        operationId: 'continueShare',
        summary: 'Go on with a shared conversation as an own copy',
        description:
          'Makes a conversation of the caller with what the link shows, documents included. One that was replaced since it was shared is left out, and named.',
        params: shareTokenParams,
        headers: sharePasswordHeader,
        response: { 201: continuedConversation },
      },
    },
    async (request, reply) => {
      const link = await openLink(request.params.token, visitorOf(request, identity), identity);
      const reader = principalOf(request).scope;
      const settle = settleWith(request, 201, presentContinued, ({ row }) => ({ conversationId: row.id }));
      return reply.code(201).send(presentContinued(await continueLink(reader, link, documents, settle)));
    },
  );
}

function presentContinued({ row, leftOut }: Continued): ContinuedConversation {
  return { ...presentConversation(row), left_out: leftOut };
}

/** Who opens a link, for links that ask for a password or are for one person. */
export function visitorOf(request: FastifyRequest, identity: IdentityDeps): Visitor {
  const password = request.headers['x-share-password'];
  return {
    password: typeof password === 'string' ? password : undefined,
    address: request.ip,
    account: async () => {
      if (request.principal !== null) return request.principal.scope.userId;
      if (request.headers.authorization === undefined) return null;
      const { scope } = await authenticate(bearer(request), identity);
      // A key for one conversation is not its owner anywhere else.
      return scope.limitedTo === undefined ? scope.userId : null;
    },
  };
}
