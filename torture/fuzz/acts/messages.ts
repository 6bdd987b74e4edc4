import type { Reply } from '../../support/app-here.ts';
import { mustBe } from '../../support/claims.ts';
import { branchOf, type FuzzConversation, type FuzzMessage, leavesOf, type Quoted } from '../things.ts';
import type { FuzzUser, World } from '../world.ts';
import { act, post, question, secret, told, toolCall } from './act.ts';

// Messages: said, asked, answered, edited, rated, deleted; and conversations that begin as copies of a branch.

export async function append(world: World, conversation: FuzzConversation): Promise<void> {
  const { id, owner } = conversation;
  const [word, note] = [world.plant(), world.plant()];
  const body = { role: 'user', content: secret(word), message_metadata: { note } };
  const path = `/conversations/${id}/messages`;
  const reply = await post(world, world.userOf(owner), { path, body }, id, 201);
  world.say(conversation, { id: (told(reply) as { id: string }).id, says: [word], notes: [note] });
}

export async function ask(world: World, conversation: FuzzConversation, stream: boolean): Promise<void> {
  const { id, owner } = conversation;
  const body = { query: question, stream, top_k: 50 };
  const path = `/rag/conversation/${id}/query`;
  const quotes = world.quotable([id]);
  const reply = await post(world, world.userOf(owner), { path, body }, id, 200);
  hear(world, conversation, reply, {}, quotes);
}

/** Over everything of its user's, into a conversation of its own. */
export async function askEverywhere(world: World, user: FuzzUser): Promise<void> {
  const body = { query: question, scope: 'all', top_k: 50 };
  const quotes = world.quotable(world.conversationsOf(user.id).map(({ id }) => id));
  // What an upload that was cut off has left, an answer over everything may quote.
  const unsure = world.conversationsOf(user.id).flatMap((one) => one.unsure);
  const reply = await act(world, user, { method: 'POST', path: '/rag/query', body }, 200);
  const { conversation_id: id } = told(reply) as { conversation_id: string };
  hear(world, world.addConversation(id, user.id, { unsure }), reply, {}, quotes);
}

/** As a chat client does. */
export async function chat(world: World, conversation: FuzzConversation): Promise<void> {
  const { id, owner } = conversation;
  const word = world.plant();
  const parts = [{ type: 'text', text: `${question} ${word}` }];
  const body = { conversationId: id, messages: [{ id: 'm', role: 'user', parts }] };
  const quotes = world.quotable([id]);
  await post(world, world.userOf(owner), { path: '/api/chat', body }, id, 200);
  await learn(world, conversation, { says: [word] }, quotes);
}

/** As a client of OpenAI does, to which a conversation is a model: the turns that it sends are kept too. */
export async function complete(world: World, conversation: FuzzConversation, stream: boolean): Promise<void> {
  const { id, owner } = conversation;
  const [word, before] = [world.plant(), world.plant()];
  const messages = [
    { role: 'assistant', content: secret(before) },
    { role: 'user', content: `${question} ${word}` },
  ];
  const body = { model: `conv:${id}`, messages, stream };
  const quotes = world.quotable([id]);
  await post(world, world.userOf(owner), { path: '/v1/chat/completions', body }, id, 200);
  // Turns that the conversation does not know begin a branch of their own.
  conversation.leafId = null;
  await learn(world, conversation, { says: [before, word], isWhole: true }, quotes);
}

/** As a model's tool does. */
export async function askByTool(world: World, conversation: FuzzConversation): Promise<void> {
  const { id, owner } = conversation;
  const word = world.plant();
  const quotes = world.quotable([id]);
  const asked = { question: `${question} ${word}`, conversation_id: id };
  await act(world, world.userOf(owner), toolCall('ask', asked), 200);
  await learn(world, conversation, { says: [word] }, quotes);
}

/** Another text beside a message; the active branch goes through it. */
export async function edit(
  world: World,
  conversation: FuzzConversation,
  { id, parentId, role }: FuzzMessage,
  isAnswered: boolean,
): Promise<void> {
  const word = world.plant();
  const quotes = world.quotable([conversation.id]);
  const body = { content: `${question} ${word}`, answer: isAnswered };
  const path = `/messages/${id}/edit`;
  const user = world.userOf(conversation.owner);
  const reply = await post(world, user, { path, body }, conversation.id, 200, 201);
  conversation.leafId = parentId;
  if (reply.status === 200) hear(world, conversation, reply, { says: [word] }, quotes);
  else world.say(conversation, { id: (told(reply) as { id: string }).id, role, says: [word] });
}

export async function regenerate(
  world: World,
  conversation: FuzzConversation,
  asked: FuzzMessage,
): Promise<void> {
  const quotes = world.quotable([conversation.id]);
  const path = `/messages/${asked.id}/regenerate`;
  const user = world.userOf(conversation.owner);
  const reply = await post(world, user, { path, body: {} }, conversation.id, 200);
  const { answer } = idsIn(reply);
  conversation.leafId = asked.id;
  world.say(conversation, { id: answer, role: 'assistant', quotes });
}

export async function rate(world: World, conversation: FuzzConversation, one: FuzzMessage): Promise<void> {
  const word = world.plant();
  const path = `/messages/${one.id}/feedback`;
  const body = { rating: 'down', reason: word };
  await act(world, world.userOf(conversation.owner), { method: 'PUT', path, body }, 200);
  one.notes = one.isWhole ? [...one.notes, word] : [word];
}

/** One that is over is not stopped. */
export async function stop(world: World, conversation: FuzzConversation, one: FuzzMessage): Promise<void> {
  const path = `/messages/${one.id}/stop`;
  await post(world, world.userOf(conversation.owner), { path }, conversation.id, 202);
}

export async function switchBranch(world: World, conversation: FuzzConversation, at: number): Promise<void> {
  const leaves = leavesOf(conversation);
  const leaf = leaves[at % leaves.length];
  if (leaf === undefined) return;
  const path = `/conversations/${conversation.id}/branch`;
  const body = { leaf_id: leaf.id };
  await act(world, world.userOf(conversation.owner), { method: 'PUT', path, body }, 200);
  conversation.leafId = leaf.id;
}

/** With everything below it, for good; the branch beside it is shown then. */
export async function deleteMessage(
  world: World,
  conversation: FuzzConversation,
  { id }: FuzzMessage,
): Promise<void> {
  const path = `/messages/${id}`;
  const user = world.userOf(conversation.owner);
  const below = new Set([id]);
  // Parents stand before their children.
  for (const one of conversation.messages)
    if (one.parentId !== null && below.has(one.parentId)) below.add(one.id);
  const left = conversation.messages.filter((one) => !below.has(one.id));
  Object.assign(conversation, { messages: left });
  conversation.deletedMessages.push(id);
  const reply = await act(world, user, { method: 'DELETE', path }, 200);
  const { active_leaf_id: leafId } = told(reply) as { active_leaf_id: string | null };
  const isKnown = leafId === null || left.some((one) => one.id === leafId);
  // The message of a request that was cut off, which the model knows no id of.
  if (!isKnown && conversation.unsure.length > 0) conversation.isBlurred = true;
  mustBe(isKnown || conversation.isBlurred, `${path} shows ${leafId}, which was deleted or never there`);
  conversation.leafId = isKnown ? leafId : (left.at(-1)?.id ?? null);
}

/** A conversation of its own with the branch up to the message and copies of all documents. */
export async function fork(
  world: World,
  conversation: FuzzConversation,
  upTo: FuzzMessage | undefined,
): Promise<void> {
  const user = world.userOf(conversation.owner);
  const path = `/conversations/${conversation.id}/fork`;
  const body = upTo === undefined ? {} : { message_id: upTo.id };
  const reply = await post(world, user, { path, body }, conversation.id, 201);
  const { id, active_leaf_id: leaf } = told(reply) as { id: string; active_leaf_id: string | null };
  const { title, tags, unsure, project } = conversation;
  const made = world.addConversation(id, user.id, { title, tags, unsure: [...unsure], project });
  const branch = branchOf(conversation, upTo?.id);
  const copies = await findCopies(world, made, world.quotable([conversation.id]));
  if (leaf !== null) world.say(made, wholeOf(leaf, branch, copies));
}

/** A history that was taken over, as one message. `copies`: of the documents that it quotes. */
export function wholeOf(
  id: string,
  branch: readonly FuzzMessage[],
  copies: ReadonlyMap<string, string>,
): FuzzMessage {
  const quotes = branch.flatMap((message) => message.quotes);
  return {
    id,
    parentId: null,
    role: branch.at(-1)?.role ?? 'user',
    says: branch.flatMap(({ says }) => says),
    notes: branch.flatMap(({ notes }) => notes),
    quotes: quotes.map((one) => ({ ...one, documentId: copies.get(one.documentId) ?? one.documentId })),
    isWhole: true,
  };
}

/**
 * Takes in the documents that were copied into a conversation, told by their names: these, and no others but some of
 * `mayCome`.
 * @returns their ids by those of their sources
 */
export async function findCopies(
  world: World,
  made: FuzzConversation,
  sources: readonly Quoted[],
  mayCome: readonly Quoted[] = [],
): Promise<Map<string, string>> {
  const copies = new Map<string, string>();
  const list = { method: 'GET', path: `/conversations/${made.id}/documents?limit=200` };
  const reply = await world.here.call(list.method, list.path, world.userOf(made.owner).token);
  const { documents } = told(reply) as { documents: { id: string; name: string }[] };
  const left = [...sources];
  const known = new Set(world.documents.map(({ id }) => id));
  for (const { id, name } of documents) {
    if (known.has(id)) continue;
    const at = left.findIndex((source) => name.includes(source.name));
    const [source] = at < 0 ? mayCome.filter((one) => name.includes(one.name)) : left.splice(at, 1);
    // What a request that was cut off has left, the model knows no id of.
    mustBe(
      source !== undefined || made.unsure.length > 0,
      () => `${list.path} has ${name}, which was not copied there`,
    );
    if (source === undefined) continue;
    world.addDocument(id, made, source.name, source.text).copyOf = source.documentId;
    copies.set(source.documentId, id);
  }
  mustBe(left.length === 0, () => `${list.path} lacks a copy of ${left[0]?.name}`);
  return copies;
}

/** A question and its answer, whose ids the reply says. */
function hear(
  world: World,
  conversation: FuzzConversation,
  reply: Reply,
  asked: Partial<FuzzMessage>,
  quotes: Quoted[],
): void {
  const ids = idsIn(reply);
  world.say(conversation, { id: ids.question, ...asked });
  world.say(conversation, { id: ids.answer, role: 'assistant', quotes });
}

/** The same where the protocol has no place for the ids: its owner's history ends with them. */
export async function learn(
  world: World,
  conversation: FuzzConversation,
  asked: Partial<FuzzMessage>,
  quotes: Quoted[],
): Promise<void> {
  const path = `/conversations/${conversation.id}?limit=2`;
  const reply = await world.here.call('GET', path, world.userOf(conversation.owner).token);
  const { messages } = told(reply) as { messages: { id: string; role: string }[] };
  const [first, last] = messages.slice(-2);
  if (first?.role !== 'user' || last?.role !== 'assistant') throw new Error(`no answer: ${reply.text}`);
  world.say(conversation, { id: first.id, ...asked });
  world.say(conversation, { id: last.id, role: 'assistant', quotes });
}

export function idsIn({ text }: Reply): { question: string; answer: string } {
  const question = /"user_message_id":"([0-9a-f-]{36})"/.exec(text)?.[1];
  const answer = /"message_id":"([0-9a-f-]{36})"/.exec(text)?.[1];
  if (question === undefined || answer === undefined) throw new Error(`no ids of messages: ${text}`);
  return { question, answer };
}
