// What the model knows of. Each thing holds the words that were written into it; who may see them follows from where it is.

/** Binned: it can come back, to its owner alone. */
export type State = 'there' | 'binned' | 'gone';

/** A document as an answer may quote it, whatever becomes of the document. */
export interface Quoted {
  documentId: string;
  name: string;
  text: string;
}

export interface FuzzMessage {
  id: string;
  parentId: string | null;
  role: 'user' | 'assistant';
  says: string[];
  /** Beside its text, such as metadata and the reason of a rating: never seen through a link. */
  notes: string[];
  quotes: Quoted[];
  /** A whole history that was taken over from elsewhere, of which only the last message is known by its id. */
  isWhole: boolean;
}

export interface FuzzConversation {
  id: string;
  owner: string;
  state: State;
  /** Holds the starter documents of a template: in no list. */
  isTemplate: boolean;
  title: string[];
  tags: string[];
  /** Of the template that it was begun with, whatever becomes of that. */
  starters: string[];
  messages: FuzzMessage[];
  /** Their ids: they must not come back. */
  deletedMessages: string[];
  leafId: string | null;
  /** Of requests that were cut off: their texts may be there or not. */
  unsure: string[];
  /** After a race nobody knows which branch is the active one. */
  isBlurred: boolean;
  project: Organiser | null;
  importedFrom: string | null;
}

export interface FuzzDocument {
  id: string;
  owner: string;
  conversationId: string;
  state: State;
  name: string;
  /** Of the version that is there. */
  text: string;
  /** The document that it came from. */
  copyOf?: string;
}

export interface FuzzLink {
  id: string;
  token: string;
  owner: string;
  conversationId: string;
  password: string | null;
  /** The user that it is for; null: for everybody. */
  recipient: string | null;
  takesPart: boolean;
  documentIds: string[];
  isRevoked: boolean;
  shown: Shown;
}

/** What a link shows: frozen when it was made or brought up to date, live where it is to take part. */
export interface Shown {
  title: string[];
  /** What its messages say, with the passages of documents in them. */
  says: string[];
  /** As sources of answers and in the list of documents: seen as long as the document is there. */
  names: { documentId: string; name: string }[];
  /** The versions that were there when it was shared. */
  documents: Quoted[];
  /** What may be in it or not. */
  unsure: string[];
  /** What may not be lacking. */
  certain: string[];
}

export interface FuzzKey {
  id: string;
  token: string;
  userId: string;
  limitedTo: string | null;
  mayWrite: boolean;
  name: string;
  isRevoked: boolean;
}

/** A template or a project. */
export interface Organiser {
  id: string;
  kind: 'template' | 'project';
  owner: string;
  words: string[];
  /** Of a template: where its starter documents are. */
  conversationId: string | null;
  isThere: boolean;
}

/** A request with an Idempotency-Key that was answered once. */
export interface Sent {
  userId: string;
  path: string;
  body: unknown;
  key: string;
  conversationId: string;
  /** Of the conversation that its link is to, where somebody took part. */
  viaLink: string | null;
  first: { status: number; text: string };
}

/** The messages from the first one down to this one; all of them where the way is not known. */
export function branchOf({ messages, leafId, isBlurred }: FuzzConversation, leaf = leafId): FuzzMessage[] {
  if (isBlurred) return messages;
  const byId = new Map(messages.map((one) => [one.id, one]));
  const branch: FuzzMessage[] = [];
  for (let at = leaf; at !== null; at = branch[0]?.parentId ?? null) {
    const message = byId.get(at);
    if (message === undefined) throw new Error(`there is no message ${at}`);
    branch.unshift(message);
  }
  return branch;
}

/** Messages with nothing below them. */
export function leavesOf({ messages }: FuzzConversation): FuzzMessage[] {
  const parents = new Set(messages.map(({ parentId }) => parentId));
  return messages.filter(({ id }) => !parents.has(id));
}

export function wordsOf(message: FuzzMessage): string[] {
  return [...message.says, ...message.notes, ...message.quotes.flatMap(({ name, text }) => [name, text])];
}

/** What its messages say for certain: nothing of it may be lacking. */
export function saidIn(one: FuzzConversation): string[] {
  if (one.isBlurred) return [];
  return branchOf(one)
    .filter(({ isWhole }) => !isWhole)
    .flatMap(({ says }) => says);
}
