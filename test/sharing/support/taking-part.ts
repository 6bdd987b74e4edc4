import type { Share, SharedConversation } from '@alcove/contract';
import { expect } from 'vitest';
import { addText, askJson, newConversation } from '../../answers/support/asking.ts';
import type { Person } from '../../support/person.ts';
import { behave, type Provider } from '../../support/provider.ts';

export const fact = 'The heron colony at Lake Sorrow held 412 nests in 2025.';

export interface Shared {
  conversation: string;
  share: Share;
  path: string;
}

interface Sharing {
  provider: Provider;
  owner: Person;
  guest: Person;
}

/** A conversation with a question about its document, and its link for the guest to take part in it. */
export async function shareToTakePart(
  { provider, owner, guest }: Sharing,
  body: object = {},
): Promise<Shared> {
  const conversation = await newConversation(owner);
  await addText(owner, conversation, fact, 'herons.txt');
  await owner.client.messages.add(conversation, { role: 'system', content: 'A secret order.' });
  provider.script(behave.answer('It held 412 nests [1].'));
  await askJson(owner, conversation, 'How many nests did the colony hold?');
  const made = await owner.json<Share>('POST', `/conversations/${conversation}/shares`, {
    access: 'take_part',
    recipient: guest.email,
    ...body,
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { conversation, share: made.body, path: `/s/${made.body.url.split('/s/')[1]}` };
}

export async function viewOf(who: Person, path: string): Promise<SharedConversation> {
  return (await who.json<SharedConversation>('GET', path)).body;
}
