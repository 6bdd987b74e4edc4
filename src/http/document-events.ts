import { z } from 'zod';
import { type DocumentRow, isSettled } from '../documents/store.ts';
import { presentDocument } from './present.ts';
import type { WireEvent } from './sse.ts';

export const documentEventHeaders = z
  .object({ 'last-event-id': z.coerce.number().int().min(0).optional() })
  .loose();

/** Whether a reader with this Last-Event-ID has seen the state that the document settled in. */
export function hasSeenTheEnd(row: DocumentRow, lastSeen: number | undefined): boolean {
  return isSettled(row) && idOf(row) === lastSeen;
}

/** The states as events whose ids are the rows' own: the same state has the same id on every connection and replica. */
export async function* documentEvents(
  rows: AsyncIterable<DocumentRow>,
  lastSeen: number | undefined,
): AsyncGenerator<WireEvent> {
  for await (const row of rows) {
    const id = idOf(row);
    if (id !== lastSeen) yield { id, type: 'document', data: presentDocument(row) };
  }
}

/** By the time of the change, and in case of two in a millisecond by how far reading was. */
function idOf({ updatedAt, progress }: DocumentRow): number {
  return updatedAt.getTime() * 1001 + Math.round(progress * 1000);
}
