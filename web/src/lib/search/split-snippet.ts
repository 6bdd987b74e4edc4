import type { SearchHit } from '@alcove/client';
import { addressOfPlace } from './find-passage.ts';

/** A snippet in pieces, so that what was found is marked without any markup in the text. */
export function splitSnippet({ text, ranges }: SearchHit['snippet']): { text: string; isFound: boolean }[] {
  const pieces: { text: string; isFound: boolean }[] = [];
  let end = 0;
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    if (range.start < end) continue;
    if (range.start > end) pieces.push({ text: text.slice(end, range.start), isFound: false });
    pieces.push({ text: text.slice(range.start, range.end), isFound: true });
    end = range.end;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isFound: false });
  return pieces;
}

/** Where a hit leads: to the conversation, to its message, or to the page of its document. */
export function addressOf(hit: SearchHit): string {
  const conversation = `/dashboard/chatbot/${hit.conversation_id}`;
  if (hit.message_id) return `${conversation}#message-${hit.message_id}`;
  if (!hit.document_id) return conversation;
  const place = { documentId: hit.document_id, page: hit.page, chunkId: hit.chunk_id };
  return addressOfPlace(hit.conversation_id, place);
}
