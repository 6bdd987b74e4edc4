import { linkPassword } from './acts/sharing.ts';
import { isTurn, kindOf, type Look, turns } from './look.ts';
import { branchOf, type FuzzLink, type FuzzMessage } from './things.ts';
import type { World } from './world.ts';

/** With the password and without it; where one takes part, also what is written there. */
export function linkLooks(world: World, link: FuzzLink, route: string): Look[] {
  const { token, owner, conversationId } = link;
  const look = (hasPassword: boolean): Look => ({
    kind: kindOf(route),
    method: 'GET',
    path: route.replace(':token', token),
    headers: hasPassword ? { 'x-share-password': linkPassword } : {},
    place: { kind: 'link', link, hasPassword },
    owner,
    conversationId,
    isThere: world.isOpen(link),
  });
  if (route === '/s/:token') {
    // Passwords are hashed few at a time, and wrong ones are counted.
    const complete = link.takesPart ? [] : link.shown.certain;
    return link.password === null
      ? [{ ...look(true), complete }]
      : [{ ...look(true), complete }, look(false)];
  }
  if (route === '/s/:token/changes')
    return isTurn(world, turns.changes) ? [{ ...look(true), isEndless: true }] : [];
  const conversation = world.conversation(conversationId);
  const branch = branchOf(conversation);
  const isAnswer = ({ role }: FuzzMessage): boolean => role === 'assistant';
  // The last one that is shown to those who take part, and the last one that is not.
  const answers = [
    branch.findLast(isAnswer),
    conversation.messages.findLast((one) => isAnswer(one) && !branch.includes(one)),
  ];
  return answers
    .filter((answer) => answer !== undefined)
    .map(({ id }) => ({
      ...look(true),
      path: look(true).path.replace(':message', id),
      place: { kind: 'answer' as const, link, hasPassword: true, id },
    }));
}
