import { randomUUID } from 'node:crypto';
import { until } from '../../../test/answers/support/until.ts';
import { mustEqual } from '../claims.ts';
import { historyOf, newConversation } from '../people.ts';
import {
  conversationsOf,
  created,
  type DeedKind,
  gone,
  kind,
  ok,
  verifyOneDocument,
  withDocument,
} from './deed.ts';

export const conversationDeeds: readonly DeedKind[] = [
  kind('create a conversation', async (person) => {
    const title = randomUUID();
    return {
      request: { method: 'POST', path: '/conversations', body: { title }, key: randomUUID() },
      isDone: created,
      verify: async () =>
        mustEqual('conversations of that title', (await conversationsOf(person, title)).length, 1),
    };
  }),
  kind('append a message', async (person) => {
    const id = await newConversation(person);
    return {
      request: {
        method: 'POST',
        path: `/conversations/${id}/messages`,
        body: { role: 'user', content: 'Once.' },
        key: randomUUID(),
      },
      isDone: created,
      verify: async () =>
        mustEqual(
          'messages',
          (await historyOf(person, id)).map(({ content }) => content),
          ['Once.'],
        ),
    };
  }),
  kind(
    'ask',
    async (person) => {
      const id = await newConversation(person);
      return {
        request: {
          method: 'POST',
          path: `/rag/conversation/${id}/query`,
          body: { query: 'Once?' },
          key: randomUUID(),
        },
        isDone: ok,
        verify: async () => {
          const messages = await until(
            'no answer is being written',
            async () => {
              const all = await historyOf(person, id);
              return all.every(({ status }) => status !== 'streaming') && all;
            },
            60_000,
          );
          // A failed answer stays as the record of a try; of good ones there is one.
          mustEqual(
            'complete answers',
            messages.filter(({ role, status }) => role === 'assistant' && status === 'complete').length,
            1,
          );
        },
      };
    },
    { isSlow: true },
  ),
  kind('retrieve', async (person) => {
    const id = await newConversation(person);
    return {
      request: { method: 'POST', path: `/conversations/${id}/retrieve`, body: { query: 'Once?' }, key: null },
      isDone: ok,
      verify: async () => {},
    };
  }),
  kind('rename', async (person) => {
    const id = await newConversation(person);
    return {
      request: { method: 'PATCH', path: `/conversations/${id}`, body: { title: 'Renamed' }, key: null },
      isDone: ok,
      verify: async () =>
        mustEqual('the title', (await person.client.conversations.get(id)).title, 'Renamed'),
    };
  }),
  kind('fork a conversation', async (person) => {
    const title = randomUUID();
    const { id, text } = await withDocument(person, title);
    await person.client.messages.add(id, { role: 'user', content: 'Until here.' });
    return {
      request: { method: 'POST', path: `/conversations/${id}/fork`, body: {}, key: randomUUID() },
      isDone: created,
      verify: async () => {
        const [fork = '', ...others] = await conversationsOf(person, `${title} (copy)`);
        mustEqual('more forks', others, []);
        for (const one of [id, fork]) {
          mustEqual(
            'messages',
            (await historyOf(person, one)).map(({ content }) => content),
            ['Until here.'],
          );
          await verifyOneDocument(person, one, text);
        }
      },
    };
  }),
  kind('delete a conversation', async (person) => {
    const { id } = await withDocument(person);
    return {
      request: { method: 'DELETE', path: `/conversations/${id}`, key: null },
      isDone: gone,
      verify: async () =>
        mustEqual('the conversation', (await person.json('GET', `/conversations/${id}`)).status, 404),
    };
  }),
  kind(
    'erase a conversation',
    async (person) => {
      const { id } = await withDocument(person);
      return {
        request: { method: 'DELETE', path: `/conversations/${id}?permanently=true`, key: null },
        isDone: gone,
        verify: async () =>
          mustEqual(
            'bringing it back',
            (await person.json('POST', `/conversations/${id}/restore`)).status,
            404,
          ),
      };
    },
    { touchesOriginals: true },
  ),
  kind('restore a conversation', async (person) => {
    const title = randomUUID();
    const { id, text } = await withDocument(person, title);
    await person.json('DELETE', `/conversations/${id}`);
    return {
      request: { method: 'POST', path: `/conversations/${id}/restore`, key: randomUUID() },
      isDone: ok,
      verify: async () => {
        mustEqual('conversations of that title', await conversationsOf(person, title), [id]);
        mustEqual('counted', (await person.client.conversations.get(id)).document_count, 1);
        await verifyOneDocument(person, id, text);
      },
    };
  }),
];
