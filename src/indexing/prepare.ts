import { partBoilerplate } from './boilerplate.ts';
import { setImmediate as others } from 'node:timers/promises';
import { buildSegment, type SearchableChunk, SegmentBuilder } from './build-segment.ts';
import { statementTopics } from './financial-statements.ts';
import { detectLanguage } from './language.ts';

export interface PreparedChunk {
  text: string;
  /** Headings above the chunk, outermost first. */
  heading: readonly string[];
  /** Text that every piece of a split table repeats: its header row. */
  prefix?: string | undefined;
  /** Page, from 1, where the format has pages. */
  page?: number | null | undefined;
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
  return { language, segment: buildSegment({ language, chunks: fieldsOf(document) }) };
}

/** Chunks that are indexed before others have their turn: some milliseconds. */
const chunksAtOnce = 20;

/** The keyword index again, from chunks that are stored, in a process that serves others meanwhile. */
export async function prepareIndexAgain(
  document: Omit<PrepareInput, 'text'> & { language: string },
): Promise<Uint8Array> {
  const builder = new SegmentBuilder(document.language);
  for (const [at, fields] of fieldsOf(document).entries()) {
    if (at % chunksAtOnce === 0) await others();
    builder.add(fields);
  }
  return builder.build();
}

function fieldsOf(document: Omit<PrepareInput, 'text'>): SearchableChunk[] {
  const parted = partBoilerplate(document.chunks.map((chunk) => chunk.text));
  const topics = topicsOf(document.chunks);
  const title = `${document.title}\n${nameWords(document.fileName)}`;
  return document.chunks.map((chunk, ordinal) => ({
    searchText: parted[ordinal]!.own,
    boilerplate: parted[ordinal]!.repeated,
    context: [title, ...chunk.heading, chunk.prefix ?? ''].join('\n'),
    topics: topics[ordinal]!,
  }));
}

/** Topics of each chunk: the title of a statement stands once on a page, its table may be several chunks. */
function topicsOf(chunks: readonly PreparedChunk[]): string[] {
  const pages = [...Map.groupBy(chunks, (chunk) => chunk.page ?? chunk).values()];
  const found = statementTopics(
    pages.map((onPage) => ({
      headings: onPage[0]!.heading.slice(-2),
      text: onPage.map((chunk) => chunk.text).join('\n'),
    })),
  );
  const topics = new Map(pages.flatMap((onPage, at) => onPage.map((chunk) => [chunk, found[at]!])));
  return chunks.map((chunk) => topics.get(chunk)!);
}

/** `Annual_Report-2022.pdf` → `Annual Report 2022`. */
function nameWords(fileName: string): string {
  return fileName.replace(/\.[^.]{1,5}$/, '').replace(/[_\-.]+/g, ' ');
}
