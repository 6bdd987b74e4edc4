import type { Reader } from './canaries.ts';
import { branchOf, type FuzzConversation, type FuzzLink, type Shown, wordsOf } from './things.ts';
import type { World } from './world.ts';

/** What an answer is about, and so which words may be in it. */
export type Place =
  | { kind: 'conversation'; id: string }
  /** With its project, or the template that it is of. */
  | { kind: 'export'; id: string }
  | { kind: 'retrieval'; id: string }
  | { kind: 'document'; id: string }
  | { kind: 'organiser'; id: string }
  | { kind: 'link'; link: FuzzLink; hasPassword: boolean }
  /** An answer as whoever takes part follows it: its sources are those that it had. */
  | { kind: 'answer'; link: FuzzLink; hasPassword: boolean; id: string }
  /** Lists of what is there, and what runs over all of it. */
  | { kind: 'account' }
  /** The same, with what templates hold. */
  | { kind: 'everything' }
  /** All accounts, for administrators. */
  | { kind: 'people' }
  /** Conversations that can come back. */
  | { kind: 'bin' }
  | { kind: 'nothing' };

/** The words that this reader may see in an answer about this place, as the model is now. */
export function wordsFor(world: World, reader: Reader, place: Place): ReadonlySet<string> {
  return new Set(list(world, reader, place));
}

function list(world: World, reader: Reader, place: Place): string[] {
  if (place.kind === 'nothing' || place.kind === 'people') return [];
  if (place.kind === 'link')
    return mayOpen(world, reader, place) ? wordsThrough(world, reader, place.link) : [];
  if (place.kind === 'answer') {
    const conversation = world.conversation(place.link.conversationId);
    const answer = branchOf(conversation).find(({ id }) => id === place.id);
    const takesPart = place.link.takesPart && reader.userId === place.link.recipient;
    const mayFollow = answer !== undefined && takesPart && mayOpen(world, reader, place);
    return mayFollow
      ? [...answer.says, ...answer.quotes.flatMap(({ name, text }) => [name, text]), ...conversation.unsure]
      : [];
  }
  if (reader.userId === null) return [];
  const isWithin = (one: Pick<FuzzConversation, 'id' | 'owner'>): boolean =>
    one.owner === reader.userId && [null, one.id].includes(reader.limitedTo);
  if (place.kind === 'conversation' || place.kind === 'retrieval' || place.kind === 'export') {
    const one = world.conversation(place.id);
    if (!isWithin(one) || one.state !== 'there') return [];
    if (place.kind === 'retrieval') return inDocuments(world, one);
    return [...inConversation(world, one), ...(place.kind === 'export' ? alongWith(world, one) : [])];
  }
  if (place.kind === 'document') {
    const document = world.documents.find(({ id }) => id === place.id);
    if (document?.state !== 'there') return [];
    const one = world.conversation(document.conversationId);
    return isWithin(one) && one.state === 'there' ? [document.name, document.text] : [];
  }
  const own = world.conversations.filter(isWithin);
  if (place.kind === 'bin') {
    // A key that is limited to one lists it there, too: it may bring it back.
    const binned = own.filter(({ state }) => state === 'binned');
    return binned.flatMap(({ title, tags, starters }) => [...title, ...tags, ...starters]);
  }
  const organised = reader.limitedTo === null ? organisedBy(world, reader.userId) : [];
  if (place.kind === 'organiser') {
    const one = world.organisers.find(({ id }) => id === place.id);
    return one?.isThere === true && one.owner === reader.userId && reader.limitedTo === null ? one.words : [];
  }
  const listed = own.filter(
    ({ state, isTemplate }) => state === 'there' && (!isTemplate || place.kind === 'everything'),
  );
  return [
    ...listed.flatMap((one) => inConversation(world, one)),
    ...organised,
    ...(world.users.find(({ id }) => id === reader.userId)?.profile ?? []),
  ];
}

/** What an export says beside the conversation: its project, or the template whose documents it holds. */
function alongWith({ organisers }: World, { id, project }: FuzzConversation): string[] {
  return organisers
    .filter((one) => one.isThere && (one === project || one.conversationId === id))
    .flatMap(({ words }) => words);
}

function inConversation(world: World, one: FuzzConversation): string[] {
  return [
    ...one.title,
    ...one.tags,
    ...one.starters,
    ...one.messages.flatMap(wordsOf),
    ...inDocuments(world, one),
  ];
}

function inDocuments(world: World, { id, unsure }: FuzzConversation): string[] {
  return [...world.documentsIn(id).flatMap(({ name, text }) => [name, text]), ...unsure];
}

/** Names of keys, templates and projects, and what stands in them. */
function organisedBy({ keys, organisers }: World, userId: string): string[] {
  const named = keys.filter((one) => one.userId === userId && !one.isRevoked).map(({ name }) => name);
  const owned = organisers.filter(({ owner, isThere }) => owner === userId && isThere);
  return [...named, ...owned.flatMap(({ words }) => words)];
}

/** Whether the link opens. A key that is limited to a conversation is nobody where a link is for one person. */
export function mayOpen(
  world: World,
  { userId, limitedTo }: Reader,
  { link, hasPassword }: { link: FuzzLink; hasPassword: boolean },
): boolean {
  if (!world.isOpen(link) || (link.password !== null && !hasPassword)) return false;
  if (link.recipient === null) return true;
  return limitedTo === null && userId !== null && [link.recipient, link.owner].includes(userId);
}

function wordsThrough(world: World, { userId }: Reader, link: FuzzLink): string[] {
  const isLive = link.takesPart && userId !== null;
  const shown = isLive ? liveShown(world, link) : link.shown;
  return wordsShown(world, link, shown);
}

export function wordsShown(world: World, { conversationId }: FuzzLink, shown: Shown): string[] {
  const there = new Set(world.documentsIn(conversationId).map(({ id }) => id));
  const names = shown.names.filter(({ documentId }) => there.has(documentId)).map(({ name }) => name);
  return [...shown.title, ...shown.says, ...names, ...shown.unsure];
}

/** Whoever takes part sees the whole branch, with what its answers cite from any document of the conversation. */
function liveShown(world: World, { conversationId }: FuzzLink): Shown {
  const ids = world.documentsIn(conversationId).map(({ id }) => id);
  return world.shownNow(world.conversation(conversationId), ids);
}
