import { setTimeout as pause } from 'node:timers/promises';
import type { Document } from '@alcove/contract';
import type { Person } from '../../test/support/person.ts';
import type { Random } from '../random.ts';
import { accountChanges } from './changes/accounts.ts';
import { call, type ChangeKind, conversationSaying, type Ground, type Verify } from './changes/change.ts';
import { conversationChanges } from './changes/conversations.ts';
import { documentChanges } from './changes/documents.ts';
import { messageChanges } from './changes/messages.ts';
import { sharingChanges } from './changes/sharing.ts';
import type { Ledger } from './ledger.ts';
import { untilGone } from './until-gone.ts';

const kinds: Record<string, ChangeKind> = {
  ...conversationChanges,
  ...messageChanges,
  ...documentChanges,
  ...sharingChanges,
  ...accountChanges,
};

export const kindsOfChange: readonly string[] = Object.keys(kinds);

/** What acknowledges a change of this kind, as the server names the route. */
export function routeOf(kind: string): string {
  return known(kind).route;
}

/** @param page address of a text that the server may fetch */
export async function prepareGround(person: Person, page: string): Promise<Ground> {
  const said = ['Where does it stand?', 'On the cliff of Marsk.', 'Since when?'];
  const { id: conversation, messages } = await conversationSaying(person, said);
  const { document } = await call<{ document: Document }>(
    person,
    202,
    `/conversations/${conversation}/documents?wait=ready`,
    { name: 'ground.txt', text: 'The lighthouse stands on the cliff of Marsk.' },
  );
  return { conversation, messages: messages.map(({ id }) => id), document, page };
}

/** Makes one change of this kind. @returns how it is found again */
export function change(kind: string, person: Person, ground: Ground): Promise<Verify> {
  return known(kind).make(person, ground);
}

/** Makes one change after another until the server is gone; what was acknowledged is in the ledger. */
export function changeAll(person: Person, ground: Ground, ledger: Ledger, random: Random): Promise<void> {
  return untilGone(async () => {
    const what = random.oneOf(kindsOfChange);
    const verify = await change(what, person, ground);
    ledger.changes.push({ what, verify });
    await pause(random.between(20, 150));
  });
}

/** @returns how many were made and are there */
export async function verifyChanges(person: Person, ledger: Ledger): Promise<number> {
  for (const { what, verify } of ledger.changes)
    await verify(person).catch((cause: unknown) => {
      throw new Error(`an acknowledged change is lost: ${what}`, { cause });
    });
  return ledger.changes.length;
}

function known(kind: string): ChangeKind {
  const found = kinds[kind];
  if (found === undefined) throw new RangeError(`there is no change "${kind}"`);
  return found;
}
