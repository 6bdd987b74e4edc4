import { mustBe } from '../../support/claims.ts';
import type { FuzzConversation } from '../things.ts';
import { wordsFor } from '../view.ts';
import type { FuzzUser, World } from '../world.ts';
import { act, told } from './act.ts';
import { findCopies, wholeOf } from './messages.ts';

interface Report {
  items: { outcome: string; conversation_id: string | null }[];
}

/**
 * Somebody is given an export of a conversation, and imports it: what the file holds is theirs then. JSON holds the
 * messages, an archive the documents too.
 */
export async function importExport(
  world: World,
  from: FuzzConversation,
  to: FuzzUser,
  format: 'json' | 'zip',
): Promise<void> {
  const path = `/conversations/${from.id}/export?format=${format}`;
  const { token } = world.userOf(from.owner);
  const file = await world.here.call('GET', path, token);
  // Few in a minute.
  if (file.status === 429) return;
  mustBe(file.status === 200, `${path} is answered with ${file.status}: ${file.text}`);
  const owner = { name: 'its owner', token, userId: from.owner, limitedTo: null };
  const writes = [...wordsFor(world, owner, { kind: 'export', id: from.id })];
  const body = new FormData();
  body.append('file', new File([new Uint8Array(file.bytes)], `conversation.${format}`));
  const reply = await act(world, to, { method: 'POST', path: '/import', body, writes }, 200, 429);
  if (reply.status === 429) return;
  const [item] = (told(reply) as Report).items;
  // Once by each; what was imported before stays as it is.
  const isAgain = world.conversations.some(
    ({ owner: by, importedFrom }) => by === to.id && importedFrom === from.id,
  );
  if (isAgain && item?.outcome === 'unchanged') return;
  mustBe(
    item?.outcome === 'imported' && item.conversation_id !== null,
    () => `an export is not imported: ${reply.text}`,
  );
  const { title, tags, unsure, project } = from;
  const made = world.addConversation(item.conversation_id, to.id, {
    title,
    tags,
    unsure: [...unsure],
    importedFrom: from.id,
  });
  if (project?.isThere === true) made.project = await findProject(world, to, project.words);
  const copies = await findCopies(world, made, format === 'zip' ? world.quotable([from.id]) : []);
  const request = { method: 'GET', path: `/conversations/${made.id}`, writes };
  const history = told(await act(world, to, request, 200)) as { active_leaf_id: string | null };
  if (history.active_leaf_id !== null) {
    world.say(made, wholeOf(history.active_leaf_id, from.messages, copies));
    // All branches of it came along.
    made.isBlurred = true;
  }
}

/** The project that came with a conversation, which may have been there before under the same name. */
async function findProject(world: World, { id: owner, token }: FuzzUser, words: readonly string[]) {
  const { text } = await world.here.call('GET', '/projects', token);
  const { projects } = JSON.parse(text) as { projects: { id: string; name: string }[] };
  const found = projects.find(({ name }) => name === words[0]);
  if (found === undefined) throw new Error(`the project ${words[0]} did not come along`);
  const known = world.organisers.find(({ id }) => id === found.id);
  if (known !== undefined) return known;
  const made = {
    id: found.id,
    kind: 'project' as const,
    owner,
    words: [...words],
    conversationId: null,
    isThere: true,
  };
  world.organisers.push(made);
  return made;
}
