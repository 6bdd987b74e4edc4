import {
  answer,
  answerEvent,
  branchBody,
  conversation,
  deletedMessage,
  editBody,
  feedbackBody,
  forkBody,
  idParams,
  message,
  regenerateBody,
} from '@alcove/contract';
import type { z } from 'zod';
import { deleteMessage } from '../../answers/delete-message.ts';
import { forkConversation } from '../../answers/fork.ts';
import { questionOf, writeBeside } from '../../answers/edit-message.ts';
import { switchBranch } from '../../conversations/branch-store.ts';
import { readFamilies } from '../../conversations/family-store.ts';
import { writeFeedback } from '../../conversations/message-store.ts';
import { readConversation } from '../../conversations/store.ts';
import { AppError } from '../../errors.ts';
import { createAnswerReply } from '../answer-reply.ts';
import type { App } from '../app.ts';
import type { HttpDeps } from '../deps.ts';
import { eventStream } from '../describe-route.ts';
import { settleWith } from '../held-key.ts';
import { presentConversation, presentMessage, presentPlaced } from '../present.ts';
import { messagesPerMinute } from '../rate-limits.ts';
import { openConversation, openMessage } from '../scopes.ts';

const tags = ['conversations'];

/** The tree of messages: what stands beside what, and which branch is shown. */
export function branchRoutes(app: App, deps: HttpDeps): void {
  const { db, answers, documents, config, now } = deps;
  const { respond, replay } = createAnswerReply(deps);
  const below = { conversation: true };
  const limited = { ...below, ...messagesPerMinute(config.limits.messagesPerMinute) };

  app.post(
    '/messages/:id/edit',
    {
      config: limited,
      schema: {
        tags,
        operationId: 'editMessage',
        summary: 'Write another text beside a message',
        description:
          'Makes a sibling with the new text, which the active branch goes through then; the message itself stays. A question is answered anew (200, or a stream) unless `answer` is false; any other message is only written (201).',
        params: idParams,
        body: editBody,
        response: { 200: answer, 201: message },
        sends: { [eventStream]: answerEvent },
      },
    },
    async (request, reply) => {
      const { content, answer: isAnswered, ...how } = request.body;
      if (request.replayOf !== null) return replay(shownBy(how), request, reply);
      const { scope, message: row } = await openMessage(request, db);
      if (row.status === 'streaming')
        throw new AppError('conflict', 'This answer is still being written: wait for it or stop it.');
      if (row.role === 'user' && isAnswered) {
        if (content.trim() === '') throw empty();
        const question = { ...questionBy(how), query: content, parentId: row.parentId };
        return respond({ scope, begins: null }, question, shownBy(how), request, reply);
      }
      const settle = settleWith(request, 201, presentPlaced, ({ row: { id: messageId } }) => ({ messageId }));
      return reply.code(201).send(presentPlaced(await writeBeside(scope, row, content, answers, settle)));
    },
  );

  app.post(
    '/messages/:id/regenerate',
    {
      config: limited,
      schema: {
        tags,
        operationId: 'regenerateAnswer',
        summary: 'Answer a question once more',
        description:
          'Names the question or one of its answers; the new answer is a sibling of those that there are, and the active branch goes through it.',
        params: idParams,
        body: regenerateBody,
        response: { 200: answer },
        sends: { [eventStream]: answerEvent },
      },
    },
    async (request, reply) => {
      const how = request.body ?? {};
      if (request.replayOf !== null) return replay(shownBy(how), request, reply);
      const { scope, message: row } = await openMessage(request, db);
      const again = await questionOf(scope, row, answers);
      const question = { ...questionBy(how), query: again.content, again };
      return respond({ scope, begins: null }, question, shownBy(how), request, reply);
    },
  );

  app.put(
    '/messages/:id/feedback',
    {
      config: below,
      schema: {
        tags,
        operationId: 'rateAnswer',
        summary: 'Say what you think of an answer',
        description: 'Up or down, with a reason where there is one; null takes it back.',
        params: idParams,
        body: feedbackBody,
        response: { 200: message },
      },
    },
    async (request) => {
      const { scope, message: row } = await openMessage(request, db);
      if (row.role !== 'assistant') throw new AppError('conflict', 'Only an answer can be rated.');
      const { rating, reason = null } = request.body;
      const rated = await writeFeedback(db, scope, row.id, { rating, reason }, now());
      if (rated === null) throw new AppError('not_found', 'This message does not exist.');
      const family = (await readFamilies(db, scope, [rated], false)).get(rated.id);
      return presentMessage(rated, family ?? { siblingIds: [rated.id], activeSiblingId: null });
    },
  );

  app.delete(
    '/messages/:id',
    {
      config: below,
      schema: {
        tags,
        operationId: 'deleteMessage',
        summary: 'Delete a message with everything below it',
        description:
          'For good: the whole branch from this message on. If it was shown, the branch beside it is shown then.',
        params: idParams,
        response: { 200: deletedMessage },
      },
    },
    async (request) => {
      const { scope, message: row } = await openMessage(request, db);
      const { ids, activeLeafId } = await deleteMessage(scope, row.id, answers);
      return { deleted: { messages: ids.length }, active_leaf_id: activeLeafId };
    },
  );

  app.post(
    '/conversations/:id/fork',
    {
      config: below,
      schema: {
        tags,
        operationId: 'forkConversation',
        summary: 'Go on elsewhere from a message',
        description:
          'A new conversation with the branch up to that message and copies of all documents, of which nothing is read or embedded again. Neither changes with the other.',
        params: idParams,
        body: forkBody,
        response: { 201: conversation },
      },
    },
    async (request, reply) => {
      const scope = await openConversation(request, db);
      const settle = settleWith(request, 201, presentConversation, ({ id: conversationId }) => ({
        conversationId,
      }));
      const row = await forkConversation(scope, request.body?.message_id, documents, settle);
      return reply.code(201).send(presentConversation(row));
    },
  );

  app.put(
    '/conversations/:id/branch',
    {
      config: below,
      schema: {
        tags,
        operationId: 'switchBranch',
        summary: 'Show another branch',
        description:
          'The branch that ends with the message, or that goes on from it to the newest leaf below; the next question continues it.',
        params: idParams,
        body: branchBody,
        response: { 200: conversation },
      },
    },
    async (request) => {
      const scope = await openConversation(request, db);
      await switchBranch(db, scope, request.body.leaf_id, now());
      return presentConversation(await readConversation(db, scope));
    },
  );
}

type How = NonNullable<z.input<typeof regenerateBody>>;

function questionBy({ strategy, ...how }: How) {
  return {
    strategy,
    topK: how.top_k,
    model: how.model,
    docsOnly: how.docs_only,
    documentIds: how.document_ids,
  };
}

function shownBy({ stream = false, include_sources: include = true }: How) {
  return { stream, include };
}

function empty(): AppError {
  return new AppError('invalid_request', 'A question has at least one character.', {
    issues: [{ path: 'content', message: 'has no text' }],
  });
}
