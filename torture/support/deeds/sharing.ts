import { randomUUID } from 'node:crypto';
import type { Share, SharedConversation } from '@alcove/contract';
import { newPerson, type Person } from '../../../test/support/person.ts';
import { mustEqual } from '../claims.ts';
import { historyOf } from '../people.ts';
import {
  conversationsOf,
  created,
  type DeedKind,
  kind,
  randomAddress,
  verifyOneDocument,
  withDocument,
} from './deed.ts';

export const sharingDeeds: readonly DeedKind[] = [
  kind('share a conversation', async (person) => {
    const { path, body, id } = await toShare(person);
    return {
      request: { method: 'POST', path, body, key: randomUUID() },
      isDone: created,
      verify: async () => {
        const list = await person.json<{ shares: Share[] }>('GET', `/shares?conversation_id=${id}`);
        mustEqual(
          'links',
          list.body.shares.map((one) => one.message_count),
          [1],
        );
        const shown = await person.fetch(`/s/${tokenOf(list.body.shares[0])}`, {
          headers: { 'x-forwarded-for': randomAddress() },
        });
        mustEqual('what it shows', ((await shown.json()) as SharedConversation).messages.length, 1);
      },
    };
  }),
  kind(
    'go on from a link',
    async (person) => {
      const other = await newPerson(person.baseUrl, randomAddress());
      const { path, body, title, text } = await toShare(other);
      const made = await other.json<Share>('POST', path, body);
      return {
        request: { method: 'POST', path: `/s/${tokenOf(made.body)}/continue`, key: randomUUID() },
        isDone: created,
        verify: async () => {
          const [copy = '', ...others] = await conversationsOf(person, title);
          mustEqual('more conversations', others, []);
          mustEqual(
            'messages',
            (await historyOf(person, copy)).map(({ content }) => content),
            ['For you.'],
          );
          mustEqual('counted', (await person.client.conversations.get(copy)).document_count, 1);
          await verifyOneDocument(person, copy, text);
        },
      };
    },
    { touchesOriginals: true },
  ),
];

/** A conversation with a message and a document, and the request that shares it. */
async function toShare(
  person: Person,
): Promise<{ id: string; title: string; text: string; path: string; body: unknown }> {
  const title = randomUUID();
  const { id, documentId, text } = await withDocument(person, title);
  await person.client.messages.add(id, { role: 'user', content: 'For you.' });
  return { id, title, text, path: `/conversations/${id}/shares`, body: { document_ids: [documentId] } };
}

function tokenOf(share: Share | undefined): string {
  return share?.url.split('/s/')[1] ?? '';
}
