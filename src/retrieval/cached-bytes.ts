import type { Retrieval } from './result.ts';
import type { Searchable } from './store.ts';

/** Two bytes a UTF-16 unit, and what V8 holds for objects of so many fields, about. */
const bytesPerUnit = 2;
const chunkBytes = 600;
const documentBytes = 300;
/** The lists that a trace is made of: two of a hundred hits, and the fused one. */
const tracedBytes = 30_000;

/** What a remembered retrieval takes, about; what was searched is not remembered with it. */
export function bytesOfRetrieval({ results, notices }: Omit<Retrieval, 'searched'>): number {
  const texts = results.flatMap(({ content, prefix, heading, documentName }) => [
    content,
    prefix ?? '',
    documentName,
    ...heading,
  ]);
  return tracedBytes + results.length * chunkBytes + bytesPerUnit * unitsOf([...texts, ...notices]);
}

/** What the list of a conversation's documents takes, about. */
export function bytesOfSearchable({ version, documents }: Searchable): number {
  return (
    documents.length * documentBytes + bytesPerUnit * unitsOf([version, ...documents.map(({ name }) => name)])
  );
}

function unitsOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
