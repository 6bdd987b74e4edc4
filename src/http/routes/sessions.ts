import { endedSessions, idParams, pageQuery, sessionList } from '@alcove/contract';
import { z } from 'zod';
import { endOtherSessions, endSession } from '../../identity/own-sessions.ts';
import { listSessions } from '../../identity/own-sessions-store.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import { clearRefreshCookie } from '../cookie.ts';
import type { HttpDeps } from '../deps.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { presentSession } from '../present.ts';

const tags = ['accounts'];

/** Where somebody is signed in: seen and ended by whoever has signed in, never by a key. */
export function sessionRoutes(app: App, { identity, db }: HttpDeps): void {
  const signedIn = { signedIn: true };

  app.get(
    '/auth/sessions',
    {
      config: signedIn,
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'Where this account is signed in',
        description: 'Sessions that have not ended, newest first.',
        querystring: pageQuery,
        response: { 200: sessionList },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const position = decodeCursor(cursor);
      const after = position === null ? null : { createdAt: position.at, id: position.id };
      const { scope, sessionId } = principalOf(request);
      const rows = await listSessions(db, scope, limit + 1, after, identity.now());
      const shown = page(rows, limit, (row) => encodeCursor({ at: row.createdAt, id: row.id }));
      return {
        sessions: shown.rows.map((row) => presentSession(row, sessionId)),
        next_cursor: shown.next_cursor,
      };
    },
  );

  app.delete(
    '/auth/sessions',
    {
      config: signedIn,
      schema: {
        tags,
        operationId: 'endOtherSessions',
        summary: 'Sign out everywhere else',
        description: 'Ends every session but this one; API keys go on. Open streams end within ten seconds.',
        response: { 200: endedSessions },
      },
    },
    async (request) => {
      const { scope, sessionId } = principalOf(request);
      return { ended: await endOtherSessions(scope, sessionId, identity) };
    },
  );

  app.delete(
    '/auth/sessions/:id',
    {
      config: signedIn,
      schema: {
        tags,
        operationId: 'endSession',
        summary: 'End a session',
        description: 'Its tokens stop working at once, as after signing out there; so it may be this one.',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { scope, sessionId } = principalOf(request);
      await endSession(scope, request.params.id, identity);
      if (request.params.id === sessionId) clearRefreshCookie(request, reply);
      return reply.code(204).send(null);
    },
  );
}
