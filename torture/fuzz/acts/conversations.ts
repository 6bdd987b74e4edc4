import { mustBe } from '../../support/claims.ts';
import type { Reply } from '../../support/app-here.ts';
import type { FuzzConversation } from '../things.ts';
import type { FuzzUser, World } from '../world.ts';
import { act, question, secret, told } from './act.ts';

// Conversations: their begin, their names, their ends and their way back.

export async function createConversation(world: World, user: FuzzUser): Promise<FuzzConversation> {
  const title = world.plant();
  const body = { title: `The vault ${title}` };
  const reply = await act(world, user, { method: 'POST', path: '/conversations', body }, 201);
  return world.addConversation((told(reply) as { id: string }).id, user.id, { title: [title] });
}

export async function rename(world: World, conversation: FuzzConversation): Promise<void> {
  const [title, tag] = [world.plant(), world.plant()];
  const path = `/conversations/${conversation.id}`;
  const body = { title: `Renamed ${title}`, tags: [tag] };
  await act(world, world.userOf(conversation.owner), { method: 'PATCH', path, body }, 200);
  Object.assign(conversation, { title: [title], tags: [tag] });
}

export async function retitle(world: World, conversation: FuzzConversation): Promise<void> {
  const title = world.plant();
  const path = `/conversations/${conversation.id}/title`;
  await act(world, world.userOf(conversation.owner), { method: 'PUT', path, body: { title } }, 200);
  conversation.title = [title];
}

export async function deleteConversation(world: World, { id, owner }: FuzzConversation): Promise<void> {
  await act(world, world.userOf(owner), { method: 'DELETE', path: `/conversations/${id}` }, 200);
  world.forgetConversation(id);
}

/** With everything that was in it when it was deleted; what it was asked before is asked anew then. */
export async function restoreConversation(world: World, conversation: FuzzConversation): Promise<void> {
  const { id, owner } = conversation;
  conversation.state = 'there';
  await act(world, world.userOf(owner), { method: 'POST', path: `/conversations/${id}/restore` }, 200);
  for (let at = world.sent.length - 1; at >= 0; at -= 1)
    if (world.sent[at]?.conversationId === id) world.sent.splice(at, 1);
}

/** At once, whether it is there or waits to come back. */
export async function eraseConversation(world: World, { id, owner }: FuzzConversation): Promise<void> {
  const path = `/conversations/${id}?permanently=true`;
  await act(world, world.userOf(owner), { method: 'DELETE', path }, 200);
  world.eraseConversation(id);
}

/** Documents that wait to come back stay with it. */
export async function deleteAndKeepDocuments(
  world: World,
  from: FuzzConversation,
  to: FuzzConversation,
): Promise<void> {
  const path = `/conversations/${from.id}?keep_documents_in=${to.id}`;
  await act(world, world.userOf(from.owner), { method: 'DELETE', path }, 200);
  for (const document of world.documentsIn(from.id)) document.conversationId = to.id;
  // Of uploads that were cut off, too.
  to.unsure.push(...from.unsure);
  world.forgetConversation(from.id);
}

/** A request over a real connection that its client gives up: it may have had its effect or not. */
export async function abandon(
  world: World,
  conversation: FuzzConversation,
  what: 'message' | 'document',
  afterMs: number,
): Promise<void> {
  const { id, owner } = conversation;
  const word = world.plant();
  conversation.unsure.push(word);
  const isMessage = what === 'message';
  const body = isMessage ? { role: 'user', content: secret(word) } : { name: 'x.txt', text: secret(word) };
  const path = `/conversations/${id}/${isMessage ? 'messages' : 'documents'}`;
  await fetch(`${world.here.baseUrl}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.userOf(owner).token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(afterMs),
  }).then(
    (response) => response.body?.cancel(),
    () => {},
  );
}

/** A conversation is deleted while it is written to, uploaded into and asked. */
export async function deleteInTheMiddle(world: World, conversation: FuzzConversation): Promise<void> {
  const { id, owner } = conversation;
  const { token } = world.userOf(owner);
  const [message, document] = [world.plant(), world.plant()];
  conversation.unsure.push(message, document);
  conversation.isBlurred = true;
  const send = (method: string, path: string, body?: unknown): Promise<Reply> =>
    world.here.call(method, path, token, body);
  const replies = await Promise.all([
    send('POST', `/conversations/${id}/documents`, { name: 'x.txt', text: secret(document) }),
    send('POST', `/conversations/${id}/messages`, { role: 'user', content: secret(message) }),
    send('POST', `/rag/conversation/${id}/query`, { query: question }),
    send('POST', `/conversations/${id}/retrieve`, { query: question }),
    send('DELETE', `/conversations/${id}`),
  ]);
  for (const { status, text } of replies)
    mustBe(status < 500 || status === 503, `in the middle of a deletion: ${status} ${text}`);
  mustBe(replies.at(-1)?.status === 200, `the deletion itself is answered with ${replies.at(-1)?.status}`);
  world.forgetConversation(id);
}
