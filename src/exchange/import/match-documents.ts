import type { ConversationScope } from '../../conversations/scope.ts';
import { stableId } from '../../db/stable-id.ts';
import type { PresentDocument } from './cited-store.ts';
import type { ImportedDocument } from './imported.ts';

/** One that is not here yet, with the id that it is to have. */
export interface MissingDocument extends ImportedDocument {
  copyId: string;
}

export interface MatchedDocuments {
  /** Ids of the copies by those that the messages of the item name. */
  here: Map<string, string>;
  missing: MissingDocument[];
}

/**
 * Which documents of an item its conversation has: by ids that follow from those that they had. Names say nothing, since
 * two documents may have the same; with the same content a document is the same for those that came under ids by chance.
 */
export function matchDocuments(
  { conversationId }: ConversationScope,
  wanted: readonly ImportedDocument[],
  present: readonly PresentDocument[],
): MatchedDocuments {
  const named = wanted.map((one) => ({ ...one, copyId: copyIdOf(conversationId, one.id) }));
  const ids = new Set(present.map(({ id }) => id));
  const here = new Map(named.filter(({ copyId }) => ids.has(copyId)).map(({ id, copyId }) => [id, copyId]));
  const found = new Set(here.values());
  // The last ones first: the next is taken from the end.
  const others = Map.groupBy(present.filter(({ id }) => !found.has(id)).toReversed(), sameness);
  const missing = named.filter((one) => {
    if (here.has(one.id)) return false;
    const other = one.sha256 === null ? undefined : others.get(sameness(one))?.pop();
    if (other !== undefined) here.set(one.id, other.id);
    return other === undefined;
  });
  return { here, missing };
}

function sameness({ name, sha256 }: Pick<ImportedDocument, 'name' | 'sha256'>): string {
  return JSON.stringify([name, sha256]);
}

/** The same whenever the item is imported into this conversation, in the order of the ids that the documents had. */
function copyIdOf(conversationId: string, id: string): string {
  return stableId([conversationId, 'document', id], timeIn(id) ?? timeIn(conversationId));
}

function timeIn(id: string): Date | null {
  const isDated = /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id);
  return isDated ? new Date(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)) : null;
}
