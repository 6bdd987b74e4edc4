import { mustBe } from '../../support/claims.ts';
import type { FuzzConversation, FuzzDocument } from '../things.ts';
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
  // Once by each: what was imported before gets what is new, and one that can come back stays as it is.
  const before = world.conversations.find(
    ({ owner: by, importedFrom, state }) => by === to.id && importedFrom === from.id && state !== 'gone',
  );
  if (before !== undefined && item?.outcome === 'unchanged') return;
  if (before?.state === 'there' && item?.outcome === 'extended')
    return takeInNew(world, from, before, format, writes);
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
  await takeInHistory(world, from, made, copies, writes);
}

/** All branches of it came along, as one message whose id is that of the active leaf. */
async function takeInHistory(
  world: World,
  from: FuzzConversation,
  made: FuzzConversation,
  copies: ReadonlyMap<string, string>,
  writes: readonly string[],
): Promise<void> {
  const request = { method: 'GET', path: `/conversations/${made.id}`, writes };
  const history = told(await act(world, world.userOf(made.owner), request, 200)) as {
    active_leaf_id: string | null;
  };
  if (history.active_leaf_id === null) return;
  const whole = wholeOf(history.active_leaf_id, from.messages, copies);
  const known = made.messages.find(({ id }) => id === whole.id);
  if (known === undefined) world.say(made, whole);
  else {
    known.says = [...known.says, ...whole.says];
    known.notes = [...known.notes, ...whole.notes];
    known.quotes = [...known.quotes, ...whole.quotes];
  }
  made.isBlurred = true;
}

/** What the conversation has got since it was imported: messages, and in an archive documents that are not there. */
async function takeInNew(
  world: World,
  from: FuzzConversation,
  made: FuzzConversation,
  format: 'json' | 'zip',
  writes: readonly string[],
): Promise<void> {
  made.unsure.push(...from.unsure);
  const there = world.documentsIn(made.id);
  const copies = new Map<string, string>();
  const sources = world.quotable([from.id]);
  const missing = sources.filter(({ documentId, name, text }) => {
    const isSame = (one: FuzzDocument): boolean => one.name === name && one.text === text;
    const one = there.find(({ copyOf }) => copyOf === documentId) ?? there.find(isSame);
    if (one !== undefined) copies.set(documentId, one.id);
    return one === undefined;
  });
  const isArchive = format === 'zip';
  // A copy that came back under another id, and was changed since, comes once more.
  const mayCome = sources.filter(({ documentId }) => copies.has(documentId));
  const added = await findCopies(world, made, isArchive ? missing : [], isArchive ? mayCome : []);
  // What was cited before in a file that came without its documents is cited in them now.
  const all = new Map(isArchive ? [...copies, ...added] : []);
  for (const message of made.messages)
    message.quotes = message.quotes.map((one) => ({
      ...one,
      documentId: all.get(one.documentId) ?? one.documentId,
    }));
  await takeInHistory(world, from, made, all, writes);
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
