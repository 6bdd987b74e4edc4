import { changeEvent, type ChangeEvent } from '@alcove/contract';
import { z } from 'zod';
import { type NumberedChange, watchChanges } from '../../changes/watch.ts';
import { AppError } from '../../errors.ts';
import { recipientOf } from '../../sharing/describe-share.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { presentConversation, presentDocument } from '../present.ts';
import { OpenStreams } from '../open-streams.ts';
import { promptlyMs, sendEvents, type WireEvent } from '../sse.ts';

const lastEventId = z.object({ 'last-event-id': z.coerce.number().int().min(0).optional() }).loose();

/** What of the caller's changes, wherever it was changed. */
export function eventRoutes(app: App, { db, config, closing }: HttpDeps): void {
  const open = new OpenStreams();

  app.get(
    '/events',
    {
      schema: {
        tags: ['events'],
        operationId: 'followChanges',
        summary: 'Everything of the caller’s that changes, as server-sent events',
        description:
          'Conversations, documents, messages, links and deletions, within about a second, whichever process made the change. With a Last-Event-ID what changed since is told first; some of it may be told twice, always as it is now. The stream ends with the session or the key that it was opened with.',
        sends: { [eventStream]: changeEvent },
        headers: lastEventId,
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const isAlive = () => principal.isAlive(true);
      // Who comes again after the end of a session must not be let in by another replica that has not heard of it.
      if (!(await isAlive())) throw new AppError('unauthenticated', 'This session has ended: sign in again.');
      const gone = open.enter(principal.scope.userId, reply);
      const signal = AbortSignal.any([closing, gone]);
      const changes = watchChanges(principal.scope, request.headers['last-event-id'], { db }, signal);
      return sendEvents(reply, wireEvents(changes), isAlive, config.limits, promptlyMs);
    },
  );
}

async function* wireEvents(changes: AsyncIterable<NumberedChange>): AsyncGenerator<WireEvent> {
  for await (const change of changes) {
    const { type, ...data } = present(change);
    yield { id: change.seq, type, data };
  }
}

function present(change: NumberedChange): ChangeEvent {
  switch (change.type) {
    case 'conversation':
      return { type: 'conversation', conversation: presentConversation(change.row) };
    case 'document':
      return { type: 'document', document: presentDocument(change.row) };
    case 'message': {
      const { id, conversationId, parentId, role, status } = change.row;
      return {
        type: 'message',
        conversation_id: conversationId,
        message: { id, parent_id: parentId, role, status },
      };
    }
    case 'share': {
      const { id, conversationId, access, revision, expiresAt } = change.row;
      return {
        type: 'share',
        conversation_id: conversationId,
        share: {
          id,
          access,
          revision,
          recipient: recipientOf(change.row),
          expires_at: expiresAt?.toISOString() ?? null,
        },
      };
    }
    case 'deleted':
      return { type: 'deleted', kind: change.kind, id: change.id };
    default:
      return { type: change.type };
  }
}
