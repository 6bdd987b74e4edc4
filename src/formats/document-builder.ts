import { AppError } from '../errors.ts';
import type { Block, BlockKind, ExtractedDocument, ExtractionContext } from './format.ts';

/** A block before it has a place in the text. */
export interface Piece {
  kind: BlockKind;
  text: string;
  level?: number;
}

/** Rows of cells; the first `headerRows` of them name the columns. */
export interface Table {
  rows: string[][];
  headerRows: number;
}

/** Writes the canonical text block by block, so that every offset is right by construction. */
export class DocumentBuilder {
  page: number | null = null;
  title: string | null = null;
  /** What is added was recognised in a picture. */
  ocr = false;
  readonly warnings: string[] = [];
  readonly #parts: string[] = [];
  readonly #blocks: Block[] = [];
  readonly #maxCharacters: number;
  #length = 0;
  #removedNuls = 0;

  constructor(context: Pick<ExtractionContext, 'maxCharacters'>) {
    this.#maxCharacters = context.maxCharacters;
  }

  /** Appends a block; blank text adds nothing. */
  add(kind: BlockKind, text: string, level?: number): void {
    const clean = this.#clean(text).trim();
    if (clean === '') return;
    const tight = kind === 'list_item' && this.#blocks.at(-1)?.kind === 'list_item';
    const start = this.#append(clean, tight ? '\n' : '\n\n');
    this.#blocks.push({
      kind,
      start,
      end: this.#length,
      page: this.page,
      ...(level !== undefined && { level }),
      ...(this.ocr && { ocr: true as const }),
    });
  }

  /** Appends a table, a line for each row and a tab between cells; empty rows are left out. */
  addTable({ rows, headerRows }: Table): void {
    let start = -1;
    let headerEnd = -1;
    for (const [index, row] of rows.entries()) {
      const line = this.#clean(row.map(oneLine).join('\t')).trimEnd();
      if (line.trim() === '') continue;
      const at = this.#append(line, start < 0 ? '\n\n' : '\n');
      if (start < 0) start = at;
      if (index < headerRows) headerEnd = this.#length;
    }
    if (start < 0) return;
    const header = headerEnd > 0 && headerEnd < this.#length ? { headerEnd } : {};
    this.#blocks.push({ kind: 'table', start, end: this.#length, page: this.page, ...header });
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  /** Keeps at most a few warnings: they are read by people. */
  warn(sentence: string): void {
    if (this.warnings.length < 20 && !this.warnings.includes(sentence)) this.warnings.push(sentence);
  }

  /** @param pages number of pages, slides or sheets, null where the format has none */
  build(pages: number | null): ExtractedDocument {
    return {
      // Replaces each lone surrogate by U+FFFD, one unit for one, so offsets stay.
      text: this.#parts.join('').toWellFormed(),
      blocks: this.#blocks,
      pages,
      title: cleanTitle(this.title),
      warnings: this.warnings,
      removedNuls: this.#removedNuls,
    };
  }

  #append(text: string, separator: string): number {
    if (this.#length > 0) {
      this.#parts.push(separator);
      this.#length += separator.length;
    }
    const start = this.#length;
    this.#parts.push(text);
    this.#length += text.length;
    if (this.#length > this.#maxCharacters) throw tooMuchText(this.#maxCharacters);
    return start;
  }

  #clean(text: string): string {
    if (!text.includes('\0')) return text;
    const clean = text.replaceAll('\0', '');
    this.#removedNuls += text.length - clean.length;
    return clean;
  }
}

/** The refusal of a document that unfolds into more text than `maxCharacters`. */
export function tooMuchText(maxCharacters: number): AppError {
  const millions = Math.round(maxCharacters / 1_000_000);
  return new AppError(
    'document_too_complex',
    `The document holds more than ${millions} million characters of text. Split it and upload the parts.`,
  );
}

/** A title fit to show: one line, at most 300 characters, or null. */
export function cleanTitle(title: string | null): string | null {
  const line = title === null ? '' : oneLine(title.replaceAll('\0', '')).slice(0, 300).toWellFormed().trim();
  return line === '' ? null : line;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
