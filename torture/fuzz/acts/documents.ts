import { setTimeout as pause } from 'node:timers/promises';
import { mustBe } from '../../support/claims.ts';
import type { FuzzConversation, FuzzDocument } from '../things.ts';
import type { World } from '../world.ts';
import { act, post, secret, told, toolCall } from './act.ts';

// Documents: in, replaced, copied, moved, deleted and brought back.

interface Told {
  id: string;
  name: string;
}

/** Name and text have a word each. */
function textOf(name: string, word: string) {
  return { name: `${name}.txt`, text: `The lighthouse\n\n${secret(word)}` };
}

export async function upload(world: World, conversation: FuzzConversation): Promise<void> {
  const [name, text] = [world.plant(), world.plant()];
  const path = `/conversations/${conversation.id}/documents?wait=ready`;
  const user = world.userOf(conversation.owner);
  const reply = await post(world, user, { path, body: textOf(name, text) }, conversation.id, 202);
  world.addDocument((told(reply) as { document: Told }).document.id, conversation, name, text);
}

/** As a form. */
export async function uploadFile(world: World, conversation: FuzzConversation): Promise<void> {
  const [name, word] = [world.plant(), world.plant()];
  const body = new FormData();
  body.append('conversationId', conversation.id);
  const given = textOf(name, word);
  body.append('file', new File([given.text], given.name));
  const request = { method: 'POST', path: '/api/upload?wait=ready', body, writes: [name, word] };
  const reply = await act(world, world.userOf(conversation.owner), request, 202);
  world.addDocument((told(reply) as { document: Told }).document.id, conversation, name, word);
}

/** A model's tool adds a text, which is read in the background. */
export async function uploadByTool(world: World, conversation: FuzzConversation): Promise<void> {
  const [name, word] = [world.plant(), world.plant()];
  const args = { conversation_id: conversation.id, ...textOf(name, word) };
  const user = world.userOf(conversation.owner);
  const { text } = await act(world, user, toolCall('add_document', args), 200);
  const id = /\\"id\\":\\"([0-9a-f-]{36})\\"/.exec(text)?.[1];
  if (id === undefined) throw new Error(`no document was added: ${text}`);
  world.addDocument(id, conversation, name, word);
  await settled(world, conversation.owner, id);
}

/** Until the new version is read, the old one is there; then it is in old citations alone. */
export async function replace(world: World, document: FuzzDocument): Promise<void> {
  const [name, text] = [world.plant(), world.plant()];
  const path = `/documents/${document.id}/replace`;
  const user = world.userOf(document.owner);
  await post(world, user, { path, body: textOf(name, text) }, document.conversationId, 202);
  await settled(world, document.owner, document.id);
  Object.assign(document, { name, text });
}

const settlesWithinMs = 60_000;

/** Ready, with no other version on its way. */
async function settled(world: World, owner: string, id: string): Promise<void> {
  const end = performance.now() + settlesWithinMs;
  for (;;) {
    const { text } = await world.here.call('GET', `/documents/${id}`, world.userOf(owner).token);
    const { status, replacement } = JSON.parse(text) as { status: string; replacement: unknown };
    if (status === 'ready' && replacement === null) return;
    const isOver = status === 'failed' || status === 'cancelled';
    mustBe(!isOver && performance.now() < end, `the document ${id} does not become ready: ${text}`);
    await pause(20);
  }
}

export async function renameDocument(world: World, document: FuzzDocument): Promise<void> {
  const name = world.plant();
  const body = { name: `${name}.txt` };
  const path = `/documents/${document.id}`;
  await act(world, world.userOf(document.owner), { method: 'PATCH', path, body }, 200);
  document.name = name;
}

export async function copyDocuments(
  world: World,
  sources: readonly FuzzDocument[],
  to: FuzzConversation,
): Promise<void> {
  const body = { document_ids: sources.map(({ id }) => id), conversation_id: to.id };
  const request = { path: '/documents/copy', body };
  const reply = await post(world, world.userOf(to.owner), request, to.id, 201);
  const { documents } = told(reply) as { documents: Told[] };
  mustBe(
    documents.length === sources.length,
    `of ${sources.length} documents ${documents.length} are copied`,
  );
  const left = [...sources];
  for (const { id, name } of documents) {
    const at = left.findIndex((source) => name.includes(source.name));
    const [source] = at < 0 ? [] : left.splice(at, 1);
    mustBe(source !== undefined, `a copy is called ${name}`);
    world.addDocument(id, to, source.name, source.text);
  }
}

export async function moveDocuments(
  world: World,
  sources: readonly FuzzDocument[],
  to: FuzzConversation,
): Promise<void> {
  const body = { document_ids: sources.map(({ id }) => id), conversation_id: to.id };
  await act(world, world.userOf(to.owner), { method: 'POST', path: '/documents/move', body }, 200);
  for (const document of sources) document.conversationId = to.id;
}

/** For good, or so that it can come back where the installation lets it. */
export async function deleteDocument(
  world: World,
  document: FuzzDocument,
  isRestorable: boolean,
): Promise<void> {
  const path = `/documents/${document.id}?restorable=${isRestorable}`;
  await act(world, world.userOf(document.owner), { method: 'DELETE', path }, 200);
  forget(world, document, isRestorable);
}

export async function deleteDocuments(
  world: World,
  documents: readonly FuzzDocument[],
  isRestorable: boolean,
): Promise<void> {
  const [first] = documents;
  if (first === undefined) return;
  const body = { document_ids: documents.map(({ id }) => id), restorable: isRestorable };
  await act(world, world.userOf(first.owner), { method: 'POST', path: '/documents/delete', body }, 200);
  for (const document of documents) forget(world, document, isRestorable);
}

function forget({ here }: World, document: FuzzDocument, isRestorable: boolean): void {
  document.state = isRestorable && here.config.limits.undoMs > 0 ? 'binned' : 'gone';
}

/** To the conversation that it was in. */
export async function restoreDocument(world: World, document: FuzzDocument): Promise<void> {
  document.state = 'there';
  const path = `/documents/${document.id}/restore`;
  await act(world, world.userOf(document.owner), { method: 'POST', path }, 200);
}

/** One that is ready is neither read again nor stopped, and without a model there are no questions. */
export async function askAboutDocument(world: World, document: FuzzDocument): Promise<void> {
  const user = world.userOf(document.owner);
  const path = `/documents/${document.id}`;
  await act(world, user, { method: 'POST', path: `${path}/questions` }, 200);
  await act(world, user, { method: 'POST', path: `${path}/retry` }, 409);
  await act(world, user, { method: 'POST', path: `${path}/cancel` }, 409);
}
