import type { Answer, ContinuedConversation, Share, SharedConversation } from '@alcove/contract';
import { newPerson, type Person } from '../../../test/support/person.ts';
import { mustEqual } from '../claims.ts';
import { randomAddress } from '../deeds/deed.ts';
import { call, type ChangeKind, conversationSaying, expectSaid } from './change.ts';

export const sharingChanges = {
  'a link': {
    route: 'POST /conversations/:id/shares',
    async make(person, { conversation }) {
      const { id } = await call<Share>(person, 201, `/conversations/${conversation}/shares`, {});
      return async (later) => {
        await call(later, 200, `/shares/${id}`, { refresh: false }, 'PUT');
      };
    },
  },
  'a link brought up to date': {
    route: 'PUT /shares/:id',
    async make(person) {
      const { id, messages } = await conversationSaying(person, ['Shown at first.', 'Shown later.']);
      const share = await call<Share>(person, 201, `/conversations/${id}/shares`, {
        leaf_id: messages[0]?.id,
      });
      await call(person, 200, `/shares/${share.id}`, { leaf_id: messages[1]?.id }, 'PUT');
      return async (later) => {
        const headers = { 'x-forwarded-for': randomAddress() };
        const shown = await later.fetch(`/s/${tokenOf(share)}`, { headers });
        mustEqual('what it shows', ((await shown.json()) as SharedConversation).messages.length, 2);
      };
    },
  },
  'a link revoked': {
    route: 'DELETE /shares/:id',
    async make(person, { conversation }) {
      const share = await call<Share>(person, 201, `/conversations/${conversation}/shares`, {});
      await call(person, 204, `/shares/${share.id}`, undefined, 'DELETE');
      return async (later) =>
        mustEqual('a revoked link', (await later.fetch(`/s/${tokenOf(share)}`)).status, 404);
    },
  },
  'a copy of what a link shows': {
    route: 'POST /s/:token/continue',
    async make(person) {
      const from = await conversationSaying(person, ['For you.']);
      const share = await call<Share>(person, 201, `/conversations/${from.id}/shares`, {});
      const { id } = await call<ContinuedConversation>(person, 201, `/s/${tokenOf(share)}/continue`, {});
      return (later) => expectSaid(later, id, ['For you.']);
    },
  },
  'what a recipient says': {
    route: 'POST /s/:token/messages',
    async make(person) {
      const { id, guest, path } = await sharedToTakePart(person);
      await call(guest, 201, `${path}/messages`, { content: 'By the guest.' });
      return (later) => expectSaid(later, id, ['By the owner.', 'By the guest.']);
    },
  },
  'an answer to a recipient': {
    route: 'POST /s/:token/query',
    async make(person) {
      const { id, guest, path } = await sharedToTakePart(person);
      const { answer } = await call<Answer>(guest, 200, `${path}/query`, { query: 'Where?' });
      return (later) => expectSaid(later, id, ['By the owner.', 'Where?', answer]);
    },
  },
} satisfies Record<string, ChangeKind>;

async function sharedToTakePart(person: Person): Promise<{ id: string; guest: Person; path: string }> {
  const guest = await newPerson(person.baseUrl, randomAddress());
  const { id } = await conversationSaying(person, ['By the owner.']);
  const share = await call<Share>(person, 201, `/conversations/${id}/shares`, {
    access: 'take_part',
    recipient: guest.email,
  });
  return { id, guest, path: `/s/${tokenOf(share)}` };
}

function tokenOf({ url }: Share): string {
  return url.split('/s/')[1] ?? '';
}
