import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { formatOf } from '../formats/registry.ts';
import { prepareIndex } from '../indexing/prepare.ts';
import { chunk, type Chunk } from './chunk.ts';

export interface Prepared { text: string; pages: number | null; title: string | null; warnings: string[]; removedNuls: number; chunks: Chunk[]; segment: Uint8Array; language: string }

export async function prepareDocument(input: { stream: Readable; mediaType: string; fileName: string }, options: { signal: AbortSignal; timeoutMs: number; onProgress(done: number, total: number | null): void }): Promise<Prepared> {
  const bytes = await buffer(input.stream);
  const format = formatOf(input.mediaType);
  if (!format) throw new Error('no format');
  const doc = await format.extract(new Uint8Array(bytes), { fileName: input.fileName, mediaType: input.mediaType, maxCharacters: 2e7, maxPages: 5000, progress: options.onProgress });
  const chunks = chunk(doc);
  const { language, segment } = prepareIndex({ title: doc.title ?? input.fileName, fileName: input.fileName, text: doc.text, chunks });
  return { ...doc, chunks, segment, language };
}
