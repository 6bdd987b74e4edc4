import { mustBe, mustEqual } from '../../support/claims.ts';
import type { FuzzConversation, FuzzLink } from '../things.ts';
import { wordsShown } from '../view.ts';
import type { FuzzUser, World } from '../world.ts';
import { act, post, question, secret, told } from './act.ts';
import { findCopies, idsIn } from './messages.ts';

// Links: made, brought up to date, ended; gone on with as a copy, and taken part in.

export interface LinkKind {
  hasPassword: boolean;
  hasDocuments: boolean;
  recipient: FuzzUser | null;
  takesPart: boolean;
}

export const linkPassword = 'open for the fuzz';

/** Frozen as the conversation is now; what is added later it never shows. */
export async function share(
  world: World,
  conversation: FuzzConversation,
  { hasPassword, hasDocuments, recipient, takesPart }: LinkKind,
): Promise<void> {
  const { id, owner } = conversation;
  const documentIds = hasDocuments ? world.documentsIn(id).map((one) => one.id) : [];
  const body = {
    document_ids: documentIds,
    access: takesPart ? 'take_part' : 'read',
    ...(hasPassword ? { password: linkPassword } : {}),
    ...(recipient === null ? {} : { recipient: recipient.email }),
  };
  const path = `/conversations/${id}/shares`;
  const reply = await post(world, world.userOf(owner), { path, body }, id, 201);
  const made = told(reply) as { id: string; url: string };
  world.links.push({
    id: made.id,
    token: made.url.split('/s/')[1] ?? '',
    owner,
    conversationId: id,
    password: hasPassword ? linkPassword : null,
    recipient: recipient?.id ?? null,
    takesPart,
    documentIds,
    isRevoked: false,
    shown: world.shownNow(conversation, documentIds),
  });
}

/** It shows the conversation as it is now, with those of its documents that are still there. */
export async function updateShare(world: World, link: FuzzLink): Promise<void> {
  const path = `/shares/${link.id}`;
  const still = world.documentsIn(link.conversationId).map(({ id }) => id);
  link.documentIds = link.documentIds.filter((id) => still.includes(id));
  await act(world, world.userOf(link.owner), { method: 'PUT', path }, 200);
  link.shown = world.shownNow(world.conversation(link.conversationId), link.documentIds);
}

export async function revokeShare(world: World, link: FuzzLink): Promise<void> {
  await act(world, world.userOf(link.owner), { method: 'DELETE', path: `/shares/${link.id}` }, 204);
  link.isRevoked = true;
}

function passwordFor({ password }: FuzzLink): Record<string, string> {
  return password === null ? {} : { 'x-share-password': password };
}

/** The reader's own copy: the messages as the link shows them, and its documents that are what they were. */
export async function continueShare(world: World, link: FuzzLink, reader: FuzzUser): Promise<void> {
  const request = {
    path: `/s/${link.token}/continue`,
    headers: passwordFor(link),
    place: { kind: 'link', link, hasPassword: true } as const,
  };
  const conversation = world.conversation(link.conversationId);
  const now = world.quotable([link.conversationId]);
  const shown = link.takesPart
    ? world.shownNow(
        conversation,
        now.map(({ documentId }) => documentId),
      )
    : link.shown;
  const reply = await act(world, reader, { method: 'POST', ...request }, 201, 429);
  // Links of one person are few in a minute.
  if (reply.status === 429) return;
  const made = told(reply) as { id: string; active_leaf_id: string | null; left_out: string[] };
  const there = shown.documents.flatMap((one) => {
    const is = now.find(({ documentId }) => documentId === one.documentId);
    return is === undefined ? [] : [{ was: one, isAsShown: is.text === one.text }];
  });
  const replaced = there.filter(({ isAsShown }) => !isAsShown).map(({ was }) => `${was.name}.txt`);
  mustEqual('what a copy leaves out', made.left_out.toSorted(), replaced.toSorted());
  const copy = world.addConversation(made.id, reader.id, {
    title: shown.title,
    unsure: [...shown.unsure],
  });
  const words = wordsShown(world, link, shown);
  // The sources of its answers stand beside their texts, and no link shows them.
  const notes = words.filter((word) => !shown.says.includes(word));
  if (made.active_leaf_id !== null)
    world.say(copy, { id: made.active_leaf_id, says: shown.says, notes, isWhole: true });
  await findCopies(
    world,
    copy,
    there.filter(({ isAsShown }) => isAsShown).map(({ was }) => was),
  );
}

/** What its recipient says stands in the owner's conversation, for both. */
export async function writeInShare(world: World, link: FuzzLink): Promise<void> {
  const word = world.plant();
  const path = `/s/${link.token}/messages`;
  const request = { path, body: { content: secret(word) }, ...throughLink(link) };
  const reply = await post(world, recipientOf(world, link), request, link.conversationId, 201);
  const conversation = world.conversation(link.conversationId);
  world.say(conversation, { id: (told(reply) as { id: string }).id, says: [word] });
}

/** Answered from all documents of the conversation, and of no other. */
export async function askInShare(world: World, link: FuzzLink, stream: boolean): Promise<void> {
  const conversation = world.conversation(link.conversationId);
  const quotes = world.quotable([conversation.id]);
  const path = `/s/${link.token}/query`;
  const user = recipientOf(world, link);
  // What it quotes is in its answer before it is in the conversation.
  const writes = quotes.flatMap(({ name, text }) => [name, text]);
  const request = { path, body: { query: question, stream }, writes, ...throughLink(link) };
  const reply = await post(world, user, request, link.conversationId, 200);
  const ids = idsIn(reply);
  world.say(conversation, { id: ids.question });
  world.say(conversation, { id: ids.answer, role: 'assistant', quotes });
  const stopped = {
    method: 'POST',
    path: `/s/${link.token}/messages/${ids.answer}/stop`,
    ...throughLink(link),
  };
  const { text } = await act(world, user, stopped, 202);
  mustBe(text.includes('false'), `an answer that is over is stopped: ${text}`);
}

function throughLink(link: FuzzLink) {
  return {
    headers: passwordFor(link),
    viaLink: link.id,
    place: { kind: 'link', link, hasPassword: true } as const,
  };
}

function recipientOf(world: World, { recipient }: FuzzLink): FuzzUser {
  if (recipient === null) throw new Error('this link is for nobody in particular');
  return world.userOf(recipient);
}
