import { createHash } from 'node:crypto';

/**
 * What an answer says of its sources, where their documents and messages are copies: the same with the ids of the copies.
 * Ids that are of none stay.
 */
export function renamed(
  metadata: unknown,
  documents: ReadonlyMap<string, string>,
  messages: ReadonlyMap<string, string>,
): unknown {
  if (!isRecord(metadata)) return metadata;
  const passages = new Map<string, string>();
  const sources = listOf(metadata['search_results']).map((source) => {
    const copy = documents.get(String(source['document_id']));
    if (copy === undefined) return source;
    const passage = String(source['chunk_id']);
    passages.set(passage, copiedPassage(copy, passage));
    return { ...source, document_id: copy, chunk_id: passages.get(passage) };
  });
  const citations = listOf(metadata['citations']).map((one) => ({
    ...one,
    chunk_id: passages.get(String(one['chunk_id'])) ?? one['chunk_id'],
  }));
  const changed: Record<string, unknown> = { ...metadata };
  if (Array.isArray(metadata['search_results'])) changed['search_results'] = sources;
  if (Array.isArray(metadata['citations'])) changed['citations'] = citations;
  for (const name of ['user_message_id', 'edited_from']) {
    const id = metadata[name];
    if (typeof id === 'string') changed[name] = messages.get(id) ?? id;
  }
  return changed;
}

/** As documents/copy-store.ts makes the id of a copied passage, in SQL. */
function copiedPassage(documentId: string, passageId: string): string {
  const hex = createHash('md5').update(`${documentId}${passageId}`).digest('hex').split('');
  hex[12] = '8';
  hex[16] = 'a';
  const at = (from: number, to: number): string => hex.slice(from, to).join('');
  return [at(0, 8), at(8, 12), at(12, 16), at(16, 20), at(20, 32)].join('-');
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
