import { randomUUID } from 'node:crypto';
import type { Answer } from '@alcove/contract';
import { mustBe, mustEqual } from '../claims.ts';
import { historyOf, newConversation } from '../people.ts';
import { call, type ChangeKind, conversationSaying, expectSaid } from './change.ts';

export const messageChanges = {
  'a message sent twice under one key': {
    route: 'POST /conversations/:id/messages',
    async make(person) {
      const id = await newConversation(person);
      const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
      const body = JSON.stringify({ role: 'user', content: 'Once.' });
      for (let at = 0; at < 2; at += 1) {
        const { status } = await person.fetch(`/conversations/${id}/messages`, {
          method: 'POST',
          headers,
          body,
        });
        mustBe(status === 201, `a message under a key is answered with ${status}`);
      }
      return (later) => expectSaid(later, id, ['Once.']);
    },
  },
  'an answer': {
    route: 'POST /rag/conversation/:id/query',
    async make(person) {
      const id = await newConversation(person);
      const { answer } = await call<Answer>(person, 200, `/rag/conversation/${id}/query`, {
        query: 'Where?',
      });
      return (later) => expectSaid(later, id, ['Where?', answer]);
    },
  },
  'an edited question': {
    route: 'POST /messages/:id/edit',
    async make(person) {
      const { id, messages } = await conversationSaying(person, ['Before.']);
      const path = `/messages/${messages[0]?.id}/edit`;
      const { answer } = await call<Answer>(person, 200, path, { content: 'After?' });
      return async (later) => {
        await expectSaid(later, id, ['After?', answer]);
        mustEqual('siblings', (await historyOf(later, id))[0]?.sibling_ids.length, 2);
      };
    },
  },
  'an answer made again': {
    route: 'POST /messages/:id/regenerate',
    async make(person) {
      const id = await newConversation(person);
      const first = await call<Answer>(person, 200, `/rag/conversation/${id}/query`, { query: 'Where?' });
      const { answer } = await call<Answer>(person, 200, `/messages/${first.message_id}/regenerate`, {});
      return async (later) => {
        await expectSaid(later, id, ['Where?', answer]);
        mustEqual('siblings', (await historyOf(later, id))[1]?.sibling_ids.length, 2);
      };
    },
  },
  'a message deleted': {
    route: 'DELETE /messages/:id',
    async make(person) {
      const { id, messages } = await conversationSaying(person, ['It stays.', 'It goes.', 'It goes along.']);
      await call(person, 200, `/messages/${messages[1]?.id}`, undefined, 'DELETE');
      return (later) => expectSaid(later, id, ['It stays.']);
    },
  },
  feedback: {
    route: 'PUT /messages/:id/feedback',
    async make(person) {
      const { id, messages } = await conversationSaying(person, ['On the cliff.'], 'assistant');
      const given = { rating: 'down', reason: randomUUID() };
      await call(person, 200, `/messages/${messages[0]?.id}/feedback`, given, 'PUT');
      return async (later) => {
        const [message] = await historyOf(later, id);
        mustEqual('feedback', [message?.feedback?.rating, message?.feedback?.reason], ['down', given.reason]);
      };
    },
  },
  'another branch': {
    route: 'PUT /conversations/:id/branch',
    async make(person) {
      const { id, messages } = await conversationSaying(person, ['Root.', 'First.']);
      const [root, first] = messages;
      const second = { role: 'user', content: 'Second.', parent_id: root?.id };
      await call(person, 201, `/conversations/${id}/messages`, second);
      await call(person, 200, `/conversations/${id}/branch`, { leaf_id: first?.id }, 'PUT');
      return (later) => expectSaid(later, id, ['Root.', 'First.']);
    },
  },
} satisfies Record<string, ChangeKind>;
