import { createReadStream } from 'node:fs';
import { makeTemporaryFolder } from '../db/temporary-folder.ts';
import { createSandbox, defaultSandboxLimits, type Sandbox } from '../formats/sandbox.ts';
import { sandboxWeakness } from '../formats/sandbox-weaknesses.ts';
import { AppError } from '../errors.ts';
import { hasWords } from '../formats/ocr/paragraphs.ts';
import type { PageWords, RecognisedPage } from '../formats/ocr/page-words.ts';
import type { Recogniser } from '../formats/ocr/recogniser.ts';
import type { PrepareInput, PreparedIndex } from '../indexing/prepare.ts';
import type { Chunk } from './chunk.ts';
import { recognisePages } from './recognise-pages.ts';

/** A document ready to be stored: its canonical text, its chunks, and the keyword index over them. */
export interface Prepared {
  text: string;
  pages: number | null;
  title: string | null;
  /** Sentences for the reader about what could not be read. */
  warnings: string[];
  /** NUL characters taken out of the text. */
  removedNuls: number;
  /** ISO 639-1, or `und`. */
  language: string;
  chunks: Chunk[];
  /** What the parts of the text are, as `formats/pack-blocks.ts` unpacks it; null when there are too many. */
  blocks: Uint8Array | null;
  /** The keyword index, as `indexing/segment.ts` reads it. */
  segment: Uint8Array;
  /** Of pages that text recognition has read, by page: where their words stand. */
  words: ReadonlyMap<number, PageWords>;
}

export type PrepareSource = { mediaType: string; fileName: string } & (
  | { bytesPath: string }
  /** Called once a parser is free, so that nothing is held open before. */
  | { open: () => Promise<AsyncIterable<Uint8Array>> }
);

export interface PrepareOptions {
  /** Kills the parser. */
  signal?: AbortSignal | undefined;
  /** Wall clock for one document; 60 seconds if not given. Ignored with a sandbox of one's own. */
  timeoutMs?: number | undefined;
  /** Pages, slides or rows done; the total is null where it is not known beforehand. */
  onProgress?: (done: number, total: number | null, stage: 'reading' | 'recognising') => void;
  /** Reads pictures of pages; a sentence, or nothing: why they are not read here. */
  ocr?: Recogniser | string | undefined;
  sandbox?: Sandbox | undefined;
}

/** About 7,000 dense pages of text; more is refused, since nobody could tell what an answer rests on. */
const maxCharacters = 10_000_000;
const maxPages = 5_000;

/**
 * Extracts, chunks and indexes a document in a process of its own, which ends with it.
 * @throws AppError `document_encrypted`, `document_empty`, `document_malformed`, `document_too_complex`,
 * `document_needs_ocr`, `unsupported_media_type`, each with a sentence that says what to do next;
 * the reason of `signal` when that is aborted
 */
export async function prepareDocument(
  source: PrepareSource,
  options: PrepareOptions = {},
): Promise<Prepared> {
  const scanned: number[] = [];
  let first: Prepared | null = null;
  let refusal: AppError | null = null;
  try {
    first = await parse(source, options, { onScanned: (pages) => scanned.push(...pages) });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'document_needs_ocr') throw error;
    refusal = error;
  }
  if (scanned.length > 0 && typeof options.ocr === 'object') {
    const pages = await recognise(source, scanned, options.ocr, options);
    const recognised = new Map([...pages].map(([page, { text }]) => [page, text]));
    if (refusal !== null || [...recognised.values()].some(hasWords))
      return recognisedDocument(await parse(source, options, { recognised }), pages);
  }
  const missing = scanned.length > 0 && typeof options.ocr === 'string' ? options.ocr : null;
  if (first === null) throw missing === null ? refusal : explained(refusal as AppError, missing);
  return missing === null ? first : { ...first, warnings: [...first.warnings, missing] };
}

interface Pass {
  onScanned?: (pages: number[]) => void;
  recognised?: ReadonlyMap<number, string>;
}

async function parse(
  source: PrepareSource,
  options: PrepareOptions,
  { onScanned, recognised }: Pass,
): Promise<Prepared> {
  const { mediaType, fileName } = source;
  let segment: Uint8Array = new Uint8Array(0);
  let blocks: Uint8Array | null = null;
  let prepared: Prepared | null = null;
  await (options.sandbox ?? sandboxFor(options.timeoutMs ?? defaultSandboxLimits.timeoutMs)).run({
    script: new URL('./prepare-child.ts', import.meta.url),
    header: { mediaType, fileName, maxCharacters, maxPages, recognised: recognised && [...recognised] },
    body: bytesOf(source),
    signal: options.signal,
    onFrame({ header, body }) {
      if (header['type'] === 'progress')
        options.onProgress?.(Number(header['done']), header['total'] as number | null, 'reading');
      if (header['type'] === 'scanned') onScanned?.((header['pages'] as number[]).map(Number));
      if (header['type'] === 'segment') segment = Uint8Array.from(body);
      if (header['type'] === 'blocks') blocks = Uint8Array.from(body);
      if (header['type'] === 'result')
        prepared = toPrepared(header as unknown as ResultHeader, Buffer.from(body).toString());
    },
  });
  if (prepared === null) throw new Error('the parser ended without a result');
  return { ...(prepared as Prepared), segment, blocks };
}

async function recognise(
  source: PrepareSource,
  pages: readonly number[],
  ocr: Recogniser,
  { onProgress, signal = new AbortController().signal }: PrepareOptions,
): Promise<Map<number, RecognisedPage>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytesOf(source)) pieces.push(piece);
  const onPage = (done: number, total: number): void => onProgress?.(done, total, 'recognising');
  return recognisePages(Buffer.concat(pieces), source.mediaType, pages, ocr, onPage, signal);
}

function recognisedDocument(prepared: Prepared, recognised: ReadonlyMap<number, RecognisedPage>): Prepared {
  const pages = [...recognised].filter(([, { text }]) => hasWords(text));
  if (pages.length === 0) return prepared;
  const which = pages.length === 1 ? `Page ${pages[0]?.[0]} is` : `${pages.length} pages are`;
  const notice = `${which} read by text recognition, which makes mistakes: compare names and numbers with the picture.`;
  const words = new Map(pages.flatMap(([page, read]) => (read.words === null ? [] : [[page, read.words]])));
  return { ...prepared, words, warnings: [notice, ...prepared.warnings] };
}

function explained(refusal: AppError, missing: string): AppError {
  return new AppError(refusal.code, `${refusal.message} ${missing}`, { cause: refusal.cause });
}

async function* bytesOf(source: PrepareSource): AsyncGenerator<Uint8Array> {
  yield* 'bytesPath' in source ? createReadStream(source.bytesPath) : await source.open();
}

/** Makes the keyword index of a stored document anew, in a process of its own. @throws AppError `document_too_complex` */
export async function prepareKeywordIndex(
  input: PrepareInput,
  signal: AbortSignal,
  sandbox: Sandbox = sandboxFor(defaultSandboxLimits.timeoutMs),
): Promise<PreparedIndex> {
  let made: PreparedIndex | null = null;
  await sandbox.run({
    script: new URL('./prepare-keyword-child.ts', import.meta.url),
    header: {},
    body: [Buffer.from(JSON.stringify(input))],
    signal,
    onFrame({ header, body }) {
      if (header['type'] === 'segment')
        made = { language: String(header['language']), segment: Uint8Array.from(body) };
    },
  });
  if (made === null) throw new Error('the indexing process ended without a result');
  return made;
}

interface ResultHeader extends Omit<Prepared, 'text' | 'segment' | 'blocks' | 'chunks' | 'words'> {
  chunks: Omit<Chunk, 'text'>[];
}

function toPrepared(header: ResultHeader, text: string): Prepared {
  const { pages, title, warnings, removedNuls, language } = header;
  const chunks = header.chunks.map((slice) => ({ ...slice, text: text.slice(slice.start, slice.end) }));
  const nothing = { segment: new Uint8Array(0), blocks: null, words: new Map() };
  return { text, pages, title, warnings, removedNuls, language, chunks, ...nothing };
}

/** What the sandbox of `prepareDocument` lacks on this machine, in one line; null when it lacks nothing. */
export async function parserWeakness(timeoutMs: number): Promise<string | null> {
  return sandboxWeakness(await sandboxFor(timeoutMs).describe());
}

// The cores of the machine belong to the whole process, so there is one gate in front of them.
const sandboxes = new Map<number, Sandbox>();

function sandboxFor(timeoutMs: number): Sandbox {
  const known =
    sandboxes.get(timeoutMs) ??
    createSandbox({ ...defaultSandboxLimits, timeoutMs }, undefined, () => makeTemporaryFolder('code'));
  sandboxes.set(timeoutMs, known);
  return known;
}
