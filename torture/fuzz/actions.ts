import { randomUUID } from 'node:crypto';
import type { Reply } from '../support/app-here.ts';
import { mustBe } from '../support/claims.ts';
import type { Canary } from './canaries.ts';
import { judgeWords } from './reading.ts';
import { password, signIn } from './session.ts';
import type { FuzzConversation, FuzzUser, World } from './world.ts';

// What people do, each with its effect on the model. Texts share their words, so that any search finds any of them.

const secret = (word: string): string =>
  `The code of the vault in the lighthouse is ${word}. The keeper changes it.`;
export const question = 'What is the code of the vault in the lighthouse?';

/** As its owner. @throws BrokenPromise when the answer is another one or shows what it must not */
async function act(
  world: World,
  user: FuzzUser,
  request: {
    method: string;
    path: string;
    body?: unknown;
    conversationId?: string;
    headers?: Record<string, string>;
  },
  ...statuses: number[]
): Promise<Reply> {
  const { method, path, body, headers } = request;
  const reply = await world.here.call(method, path, user.token, body, headers);
  mustBe(
    statuses.includes(reply.status),
    () => `${method} ${path} ${JSON.stringify(body)} is answered with ${reply.status}: ${reply.text}`,
  );
  const reader = { name: 'its owner', token: user.token, userId: user.id, limitedTo: null };
  judgeWords(world, reader, { kind: 'account' }, reply, `${method} ${path}`);
  return reply;
}

/** A POST with an Idempotency-Key, remembered so that it can be sent again. */
async function post(
  world: World,
  user: FuzzUser,
  path: string,
  body: unknown,
  conversationId: string,
  status: number,
): Promise<Reply> {
  const key = randomUUID();
  const reply = await act(
    world,
    user,
    { method: 'POST', path, body, headers: { 'idempotency-key': key } },
    status,
  );
  world.sent.push({ userId: user.id, path, body, key, conversationId, first: reply });
  return reply;
}

export async function createConversation(world: World, user: FuzzUser): Promise<void> {
  const title = world.plant('title', user.id, '');
  const reply = await act(
    world,
    user,
    { method: 'POST', path: '/conversations', body: { title: `The vault ${title.word}` } },
    201,
  );
  const { id } = JSON.parse(reply.text) as { id: string };
  title.conversationId = id;
  world.conversations.push({ id, owner: user.id, isAlive: true, messageIds: [] });
}

export async function append(world: World, { id, owner, messageIds }: FuzzConversation): Promise<void> {
  const { word } = world.plant('message', owner, id);
  const body = { role: 'user', content: secret(word), message_metadata: { note: word } };
  const reply = await post(world, world.userOf(owner), `/conversations/${id}/messages`, body, id, 201);
  messageIds.push((JSON.parse(reply.text) as { id: string }).id);
}

export async function upload(world: World, { id, owner }: FuzzConversation): Promise<void> {
  const canary = world.plant('document', owner, id);
  const body = { name: `${canary.word}.txt`, text: `The lighthouse\n\n${secret(canary.word)}` };
  const path = `/conversations/${id}/documents?wait=ready`;
  const reply = await post(world, world.userOf(owner), path, body, id, 202);
  const { document } = JSON.parse(reply.text) as { document: { id: string } };
  canary.documentId = document.id;
  world.documents.push({ id: document.id, owner, conversationId: id, isAlive: true });
}

export async function ask(
  world: World,
  { id, owner, messageIds }: FuzzConversation,
  stream: boolean,
): Promise<void> {
  world.quote(id, (canary) => canary.conversationId === id);
  const user = world.userOf(owner);
  const reply = await post(
    world,
    user,
    `/rag/conversation/${id}/query`,
    { query: question, stream, top_k: 50 },
    id,
    200,
  );
  const found = /"message_id":"([0-9a-f-]{36})"/.exec(reply.text)?.[1];
  if (found !== undefined) messageIds.push(found);
}

/** Over everything of its user's, into a conversation of its own. */
export async function askEverywhere(world: World, user: FuzzUser): Promise<void> {
  const body = { query: question, scope: 'all', top_k: 50 };
  const reply = await act(world, user, { method: 'POST', path: '/rag/query', body }, 200);
  const { conversation_id: id, message_id: messageId } = JSON.parse(reply.text) as Record<string, string>;
  if (id === undefined || messageId === undefined) throw new Error(`no answer: ${reply.text}`);
  world.conversations.push({ id, owner: user.id, isAlive: true, messageIds: [messageId] });
  world.quote(id, (canary) => canary.owner === user.id);
}

export async function rename(world: World, { id, owner }: FuzzConversation): Promise<void> {
  const canary = world.plant('title', owner, id);
  await act(
    world,
    world.userOf(owner),
    {
      method: 'PATCH',
      path: `/conversations/${id}`,
      body: { title: `Renamed ${canary.word}`, tags: [canary.word] },
    },
    200,
  );
  for (const older of world.canaries.values())
    if (older.kind === 'title' && older.conversationId === id && older !== canary) older.isAlive = false;
}

export async function deleteConversation(world: World, { id, owner }: FuzzConversation): Promise<void> {
  await act(world, world.userOf(owner), { method: 'DELETE', path: `/conversations/${id}` }, 200);
  world.forgetConversation(id);
}

export async function moveDocuments(
  world: World,
  from: FuzzConversation,
  to: FuzzConversation,
): Promise<void> {
  const path = `/conversations/${from.id}?keep_documents_in=${to.id}`;
  await act(world, world.userOf(from.owner), { method: 'DELETE', path }, 200);
  world.moveDocuments(from.id, to.id);
}

export async function deleteDocument(world: World, id: string, owner: string): Promise<void> {
  await act(world, world.userOf(owner), { method: 'DELETE', path: `/documents/${id}` }, 200);
  world.forgetDocument(id);
}

export async function setStatus(world: World, user: FuzzUser, status: 'active' | 'suspended'): Promise<void> {
  const reply = await world.here.call('PATCH', `/admin/users/${user.id}`, world.admin.token, { status });
  mustBe(reply.status === 200, `setting a status is answered with ${reply.status}: ${reply.text}`);
  user.state = status;
  // Who is suspended is signed out everywhere.
  if (status === 'active') await signIn(world.here, user);
}

export async function makeKey(
  world: World,
  { id, owner }: FuzzConversation,
  isLimited: boolean,
): Promise<void> {
  const canary = world.plant('key', owner, isLimited ? id : '');
  const scope = isLimited ? { scope: 'conversation', conversation_id: id } : { scope: 'read' };
  const reply = await act(
    world,
    world.userOf(owner),
    { method: 'POST', path: '/auth/keys', body: { name: canary.word, ...scope } },
    201,
  );
  const { id: keyId, key } = JSON.parse(reply.text) as { id: string; key: string };
  world.keys.push({
    id: keyId,
    token: key,
    userId: owner,
    limitedTo: isLimited ? id : null,
    isRevoked: false,
  });
}

export async function deleteAccount(world: World, user: FuzzUser): Promise<void> {
  await act(world, user, { method: 'DELETE', path: '/auth/me', body: { password } }, 200, 204);
  world.forgetUser(user.id);
}

/** A request over a real connection that its client gives up: it may have had its effect or not. */
export async function abandon(
  world: World,
  conversation: FuzzConversation,
  what: 'message' | 'document',
  afterMs: number,
): Promise<void> {
  const { id, owner } = conversation;
  const canary: Canary = world.plant(what, owner, id);
  canary.isUnsure = true;
  const isMessage = what === 'message';
  const body = isMessage
    ? { role: 'user', content: secret(canary.word) }
    : { name: 'x.txt', text: secret(canary.word) };
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
  const [message, document] = [world.plant('message', owner, id), world.plant('document', owner, id)];
  for (const canary of [message, document]) canary.isUnsure = true;
  const send = (method: string, path: string, body?: unknown): Promise<Reply> =>
    world.here.call(method, path, token, body);
  const replies = await Promise.all([
    send('POST', `/conversations/${id}/documents`, { name: 'x.txt', text: secret(document.word) }),
    send('POST', `/conversations/${id}/messages`, { role: 'user', content: secret(message.word) }),
    send('POST', `/rag/conversation/${id}/query`, { query: question }),
    send('POST', `/conversations/${id}/retrieve`, { query: question }),
    send('DELETE', `/conversations/${id}`),
  ]);
  for (const { status, text } of replies)
    mustBe(status < 500 || status === 503, `in the middle of a deletion: ${status} ${text}`);
  mustBe(replies.at(-1)?.status === 200, `the deletion itself is answered with ${replies.at(-1)?.status}`);
  world.forgetConversation(id);
}
