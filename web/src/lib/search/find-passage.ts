import { isAlcoveError, type Client } from '@alcove/client';
import type { Viewed } from '../pane/pane.svelte.ts';

const chunkPage = 200;
const mostPages = 10;

/** A place in a document, as a link names it. */
export interface PlaceInDocument {
  documentId: string;
  page: number | null;
  chunkId: string | null;
}

export function readPlace(parameters: Pick<URLSearchParams, 'get'>): PlaceInDocument | null {
  const documentId = parameters.get('document');
  if (documentId === null) return null;
  return { documentId, page: Number(parameters.get('page')) || null, chunkId: parameters.get('passage') };
}

/** The link that `readPlace` reads, in the conversation that holds the document. */
export function addressOfPlace(
  conversationId: string,
  { documentId, page, chunkId }: PlaceInDocument,
): string {
  const place = new URLSearchParams({ document: documentId });
  if (page !== null) place.set('page', String(page));
  if (chunkId !== null) place.set('passage', chunkId);
  return `/dashboard/chatbot/${conversationId}?${place}`;
}

/** What is to be shown of the document; null when it is gone. @throws AlcoveError when that cannot be told now */
export async function findPassage(
  alcove: Client,
  { documentId, page, chunkId }: PlaceInDocument,
): Promise<Viewed | null> {
  try {
    const { name } = await alcove.documents.get(documentId);
    const passage = chunkId === null ? undefined : await findChunk(alcove, documentId, chunkId);
    return { documentId, name, page, ...(passage ? { passage } : {}) };
  } catch (error) {
    if (isAlcoveError(error) && [400, 403, 404].includes(error.status)) return null;
    throw error;
  }
}

async function findChunk(alcove: Client, documentId: string, chunkId: string) {
  let cursor: string | null | undefined;
  for (let at = 0; at < mostPages && cursor !== null; at += 1) {
    const list = await alcove.documents.chunks(documentId, {
      limit: chunkPage,
      ...(cursor ? { cursor } : {}),
    });
    const found = list.chunks.find(({ id }) => id === chunkId);
    if (found) return found;
    cursor = list.next_cursor;
  }
  return undefined;
}
