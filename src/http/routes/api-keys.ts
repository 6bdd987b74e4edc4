import { apiKeyList, createApiKeyBody, createdApiKey, idParams, pageQuery } from '@alcove/contract';
import { z } from 'zod';
import { ConversationScope } from '../../conversations/scope.ts';
import { listApiKeys } from '../../identity/api-key-store.ts';
import { createApiKey, revokeApiKey } from '../../identity/api-keys.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { presentApiKey } from '../present.ts';

const tags = ['accounts'];

/** API keys are made, listed and revoked by whoever has signed in, never by a key. */
export function apiKeyRoutes(app: App, { identity, db }: HttpDeps): void {
  const signedIn = { signedIn: true };

  app.get(
    '/auth/keys',
    {
      config: signedIn,
      schema: {
        tags,
        operationId: 'listKeys',
        summary: 'API keys',
        description: 'Newest first. The keys themselves are not shown again.',
        querystring: pageQuery,
        response: { 200: apiKeyList },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const after = decodeCursor(cursor);
      const { scope } = principalOf(request);
      const rows = await listApiKeys(
        db,
        scope,
        limit + 1,
        after === null ? null : { createdAt: after.at, id: after.id },
      );
      const shown = page(rows, limit, (row) => encodeCursor({ at: row.createdAt, id: row.id }));
      return { keys: shown.rows.map(presentApiKey), next_cursor: shown.next_cursor };
    },
  );

  app.post(
    '/auth/keys',
    {
      config: { ...signedIn, secret: true },
      schema: {
        tags,
        operationId: 'createKey',
        summary: 'Make an API key; it is shown once',
        description:
          'A bearer token of its own for scripts: read-only, or read and write, or for one conversation alone.',
        body: createApiKeyBody,
        response: { 201: createdApiKey },
      },
    },
    async (request, reply) => {
      const { name, scope: access, conversation_id: conversationId, expires_at: expires } = request.body;
      const { scope } = principalOf(request);
      if (conversationId !== undefined) await ConversationScope.open(db, scope, conversationId);
      const expiresAt = expires === undefined ? undefined : new Date(expires);
      const { key, row } = await createApiKey(
        scope,
        { name, scope: access, conversationId, expiresAt },
        identity,
      );
      return reply.code(201).send({ ...presentApiKey(row), key });
    },
  );

  app.delete(
    '/auth/keys/:id',
    {
      config: signedIn,
      schema: {
        tags,
        operationId: 'deleteKey',
        summary: 'Revoke an API key',
        description: 'The key stops working at once.',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      await revokeApiKey(principalOf(request).scope, request.params.id, identity);
      return reply.code(204).send(null);
    },
  );
}
