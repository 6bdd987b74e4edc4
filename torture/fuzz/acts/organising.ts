import type { FuzzConversation, Organiser } from '../things.ts';
import type { FuzzUser, World } from '../world.ts';
import { act, told } from './act.ts';
import { findCopies } from './messages.ts';

// Projects and templates: their owner's alone, and of no conversation.

export async function makeProject(world: World, user: FuzzUser): Promise<void> {
  const words = [world.plant(), world.plant()];
  const body = { name: words[0], prompt: words[1] };
  const reply = await act(world, user, { method: 'POST', path: '/projects', body }, 201);
  const { id } = told(reply) as { id: string };
  world.organisers.push({ id, kind: 'project', owner: user.id, words, conversationId: null, isThere: true });
}

export async function putInProject(
  world: World,
  conversation: FuzzConversation,
  project: Organiser,
): Promise<void> {
  const body = { project_id: project.id };
  const request = { method: 'PATCH', path: `/conversations/${conversation.id}`, body };
  await act(world, world.userOf(conversation.owner), request, 200);
  conversation.project = project;
}

/** With copies of the documents of a conversation. */
export async function makeTemplate(world: World, { id: from, owner }: FuzzConversation): Promise<void> {
  const words = [world.plant(), world.plant(), world.plant()];
  const [name, description, starter] = words;
  const body = { name, description, starter_questions: [starter], from_conversation_id: from };
  const reply = await act(world, world.userOf(owner), { method: 'POST', path: '/templates', body }, 201);
  const made = told(reply) as { id: string; conversation_id: string };
  const { id, conversation_id: conversationId } = made;
  world.organisers.push({ id, kind: 'template', owner, words, conversationId, isThere: true });
  const hidden = world.addConversation(conversationId, owner, {
    isTemplate: true,
    title: name === undefined ? [] : [name],
    unsure: [...world.conversation(from).unsure],
  });
  await findCopies(world, hidden, world.quotable([from]));
}

/** A conversation with copies of its documents. */
export async function useTemplate(
  world: World,
  { id, owner, words: [, , ...starters], conversationId }: Organiser,
): Promise<void> {
  if (conversationId === null) return;
  const title = world.plant();
  const body = { title, template_id: id };
  const reply = await act(world, world.userOf(owner), { method: 'POST', path: '/conversations', body }, 201);
  const { unsure } = world.conversation(conversationId);
  const made = world.addConversation((told(reply) as { id: string }).id, owner, {
    title: [title],
    starters,
    unsure: [...unsure],
  });
  await findCopies(world, made, world.quotable([conversationId]));
}

export async function changeOrganiser(world: World, one: Organiser): Promise<void> {
  const [name, second] = [world.plant(), world.plant()];
  const isProject = one.kind === 'project';
  const body = { name, ...(isProject ? { prompt: second } : { description: second, starter_questions: [] }) };
  await act(world, world.userOf(one.owner), { method: 'PATCH', path: pathOf(one), body }, 200);
  one.words = [name, second];
}

/** What was made of it stays. */
export async function deleteOrganiser(world: World, one: Organiser): Promise<void> {
  await act(world, world.userOf(one.owner), { method: 'DELETE', path: pathOf(one) }, 200);
  one.isThere = false;
  if (one.conversationId !== null) world.eraseConversation(one.conversationId);
}

function pathOf({ kind, id }: Organiser): string {
  return `/${kind}s/${id}`;
}
