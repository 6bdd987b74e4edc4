/** What a stretch of the canonical text is. `other` is furniture: running headers, footers, page numbers. */
export type BlockKind = 'heading' | 'paragraph' | 'table' | 'list_item' | 'code' | 'other';

/** A stretch `[start, end)` of the canonical text, in UTF-16 units; blocks are in order and do not overlap. */
export interface Block {
  kind: BlockKind;
  start: number;
  end: number;
  /** PDF page, slide or sheet, counted from 1; null where the format has none. */
  page: number | null;
  /** Of a heading, 1 is the outermost. */
  level?: number;
  /** Its text was recognised in a picture. */
  ocr?: true;
  /** Of a table, where its header rows end. Rows are lines, cells are separated by tabs, in Markdown by bars. */
  headerEnd?: number;
  /** Where its words are, without the marks of Markdown around them; left out where it has none. */
  inner?: { start: number; end: number };
}

/** A document as one canonical text, and what its parts are. Offsets everywhere else refer to this text. */
export interface ExtractedDocument {
  text: string;
  blocks: Block[];
  pages: number | null;
  title: string | null;
  /** Sentences for the reader about what could not be read. */
  warnings: string[];
  /** NUL characters taken out, because no database column can hold them. */
  removedNuls: number;
}

export interface ExtractionContext {
  fileName: string;
  mediaType: string;
  /** More text than this is refused as `document_too_complex`. In UTF-16 units. */
  maxCharacters: number;
  /** More pages, slides or sheets than this are refused as `document_too_complex`. */
  maxPages: number;
  /** What text recognition has read, by page; undefined: it was not asked yet, or there is none. */
  recognised?: ReadonlyMap<number, string> | undefined;
  /** Told which pages hold pictures and no text, before anything else is said of them. */
  scanned(pages: number[]): void;
  /** Called as work goes on; it is also the sign of life that the sandbox waits for. */
  progress(done: number, total: number | null): void;
}

/** A document format: a plain object in `registry.ts`, whose parser runs inside the sandbox. */
export interface Format {
  name: string;
  /** The first is the one that sniffing reports. */
  mediaTypes: string[];
  /** Lower case, without the dot. */
  extensions: string[];
  /** A process reads one document: it loads what that one needs, and the server loads no parser. */
  load(): Promise<Parser>;
}

/** What the module of a format exports. */
export interface Parser {
  /**
   * @throws AppError `document_encrypted`, `document_empty`, `document_malformed`,
   * `document_too_complex` or `document_needs_ocr`, with a sentence that says what to do next.
   */
  extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument>;
}
