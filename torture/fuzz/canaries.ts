/** A word that stands in one text only. */
export interface Canary {
  word: string;
  owner: string;
  kind: 'message' | 'document' | 'title' | 'key';
  /** Where its text is now. */
  conversationId: string;
  /** Of a document, once it is known. */
  documentId: string | null;
  isAlive: boolean;
  /** True where its request was cut off: its text may be there or not. */
  isUnsure: boolean;
  /** Conversations whose answers may quote it, also when its document is gone. */
  quotedIn: Set<string>;
}

/** Who reads. */
export interface Reader {
  name: string;
  token: string | null;
  /** Null: nobody, or somebody whose credential is worth nothing any more. */
  userId: string | null;
  /** The one conversation that a key is limited to. */
  limitedTo: string | null;
}

/** What an answer is about, and so which words may be in it. */
export type Place =
  | { kind: 'conversation'; conversationId: string }
  | { kind: 'retrieval'; conversationId: string }
  | { kind: 'document'; documentId: string }
  | { kind: 'account' };

/** Letters that no word of the product begins with, so that one scan finds them all. */
const prefix = 'zqx';
const form = /zqx[a-z0-9]{12}/g;

export function wordsIn(text: string): string[] {
  return text.includes(prefix) ? (text.match(form) ?? []) : [];
}

/** The n-th word of a world. */
export function wordOf(world: string, n: number): string {
  return `zqx${world}${n.toString(36).padStart(12 - world.length, '0')}`;
}

/** True when this reader may see the word in an answer about this place. */
export function mayShow(canary: Canary, reader: Reader, place: Place): boolean {
  if (reader.userId !== canary.owner) return false;
  const isIn = (id: string): boolean =>
    (canary.isAlive && canary.conversationId === id) || canary.quotedIn.has(id);
  if (reader.limitedTo !== null && !isIn(reader.limitedTo)) return false;
  if (place.kind === 'conversation') return isIn(place.conversationId);
  if (place.kind === 'account') return canary.isAlive || canary.quotedIn.size > 0;
  if (!canary.isAlive || canary.kind !== 'document') return false;
  return place.kind === 'retrieval'
    ? canary.conversationId === place.conversationId
    : [null, place.documentId].includes(canary.documentId);
}
