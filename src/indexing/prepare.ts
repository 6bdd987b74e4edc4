import { partBoilerplate } from './boilerplate.ts';
import { buildSegment } from './build-segment.ts';
import { detectLanguage } from './language.ts';

export interface PreparedChunk {
  text: string;
  /** Headings above the chunk, outermost first. */
  heading: readonly string[];
  /** Text that every piece of a split table repeats: its header row. */
  prefix?: string;
  /** Page, from 1, where the format has pages. */
  page?: number | null;
}

export interface PrepareInput {
  /** Title of the document, or its file name. */
  title: string;
  fileName: string;
  /** The whole extracted text: tells the language. */
  text: string;
  /** In ordinal order. */
  chunks: readonly PreparedChunk[];
}

export interface PreparedIndex {
  /** ISO 639-1 or `und`. */
  language: string;
  segment: Uint8Array;
}

/** The keyword index of a document, from its chunks. Pure and without I/O: ingestion runs it in a child process. */
export function prepareIndex(document: PrepareInput): PreparedIndex {
  const language = detectLanguage(document.text);
  const parted = partBoilerplate(document.chunks.map((chunk) => chunk.text));
  const title = `${document.title} ${nameWords(document.fileName)}`;
  const chunks = document.chunks.map((chunk, ordinal) => ({
    searchText: parted[ordinal]!.own,
    context: [title, ...chunk.heading, chunk.prefix ?? ''].join('\n'),
    boilerplate: parted[ordinal]!.repeated,
  }));
  return { language, segment: buildSegment({ language, chunks }) };
}

/** `Annual_Report-2022.pdf` → `Annual Report 2022`. */
function nameWords(fileName: string): string {
  return fileName.replace(/\.[^.]{1,5}$/, '').replace(/[_\-.]+/g, ' ');
}
