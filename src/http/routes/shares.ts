import {
  createShareBody,
  idParams,
  listSharesQuery,
  share,
  type Share,
  shareList,
  updateShareBody,
} from '@alcove/contract';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ConversationScope } from '../../conversations/scope.ts';
import { AppError } from '../../errors.ts';
import { describeShare } from '../../sharing/describe-share.ts';
import { deleteShare, findShare, listShares, type ShareRow } from '../../sharing/share-store.ts';
import { changeShare, shareConversation, tokenOf } from '../../sharing/share.ts';
import type { App } from '../app.ts';
import { principalOf } from '../auth.ts';
import type { HttpDeps } from '../deps.ts';
import { settleByReference } from '../held-key.ts';
import { decodeCursor, encodeCursor, page } from '../paging.ts';
import { openConversation, scopeOf } from '../scopes.ts';

const tags = ['sharing'];

/** Links to conversations, for their owners. */
export function shareRoutes(app: App, { db, identity, config, now }: HttpDeps): void {
  const below = { conversation: true };
  const base = config.publicUrl?.replace(/\/$/, '') ?? '';

  app.post(
    '/conversations/:id/shares',
    {
      config: below,
      schema: {
        tags,
        operationId: 'shareConversation',
        summary: 'Share a conversation as it is now',
        description:
          'The link shows the branch up to a message, frozen: nothing that comes later is seen through it until it is updated. Of documents only those that are named show, with the passages that answers cite.',
        params: idParams,
        body: createShareBody,
        response: { 201: share },
      },
    },
    async (request, reply) => {
      const scope = await openConversation(request, db);
      const [before] = request.replayOf ?? [];
      if (before !== undefined) return reply.code(201).send(present((await own(request, before)).row));
      const body = request.body ?? { document_ids: [], access: 'read' as const };
      const input = {
        leafId: body.leaf_id,
        documentIds: body.document_ids,
        expiresAt: dateOf(body.expires_at) ?? null,
        password: body.password ?? null,
        recipient: body.recipient ?? null,
        access: body.access,
      };
      // The address is a secret: repeats of the request find the link instead of a kept answer.
      const settle = settleByReference(
        request,
        201,
        ({ id }: ShareRow) => [id],
        ({ conversationId }) => ({ conversationId }),
      );
      return reply.code(201).send(present(await shareConversation(scope, input, identity, settle)));
    },
  );

  app.get(
    '/shares',
    {
      config: below,
      schema: {
        tags,
        operationId: 'listShares',
        summary: 'All links of the caller',
        description:
          'Newest first, with how often each was opened. Who opened it is not kept. With `conversation_id`: whom that conversation is shared with, and whether to read or to take part.',
        querystring: listSharesQuery,
        response: { 200: shareList },
      },
    },
    async (request) => {
      const { limit, cursor, conversation_id: conversationId } = request.query;
      const after = decodeCursor(cursor);
      const position = after === null ? null : { createdAt: after.at, id: after.id };
      const user = principalOf(request).scope;
      const scope =
        conversationId === undefined ? user : await ConversationScope.open(db, user, conversationId);
      const rows = await listShares(db, scope, limit + 1, position);
      const shown = page(rows, limit, (row) => encodeCursor({ at: row.createdAt, id: row.id }));
      return { shares: shown.rows.map(present), next_cursor: shown.next_cursor };
    },
  );

  app.put(
    '/shares/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'updateShare',
        summary: 'Update a link: it shows the conversation as it is now',
        description:
          'The address stays. Without a body the link shows the active branch as it is now, with those of its documents that are still there; `refresh: false` changes expiry and password only.',
        params: idParams,
        body: updateShareBody,
        response: { 200: share },
      },
    },
    async (request) => {
      const { scope, row } = await own(request, request.params.id);
      const body = request.body ?? { refresh: true };
      const changed = await changeShare(
        scope,
        row,
        {
          leafId: body.leaf_id,
          documentIds: body.document_ids,
          expiresAt: dateOf(body.expires_at),
          password: body.password,
          refresh: body.refresh,
        },
        identity,
      );
      if (changed === null) throw missing();
      return present(changed);
    },
  );

  app.delete(
    '/shares/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'deleteShare',
        summary: 'Revoke a link',
        description: 'It ends at once; copies that readers have made stay theirs.',
        params: idParams,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      const { scope, row } = await own(request, request.params.id);
      if (!(await deleteShare(db, scope, row.id, now()))) throw missing();
      return reply.code(204).send(null);
    },
  );

  /** The caller's link, and its conversation. Somebody else's does not exist. */
  async function own(
    request: FastifyRequest,
    id: string,
  ): Promise<{ scope: ConversationScope; row: ShareRow }> {
    const row = await findShare(db, principalOf(request).scope, id);
    if (row === null) throw missing();
    return { scope: scopeOf(request, row), row };
  }

  function present(row: ShareRow): Share {
    return { ...describeShare(row), url: `${base}/s/${tokenOf(row.id, identity)}` };
  }
}

function dateOf(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? new Date(text) : text;
}

function missing(): AppError {
  return new AppError('not_found', 'This share does not exist.');
}
