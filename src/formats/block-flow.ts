import type { DocumentBuilder, Piece } from './document-builder.ts';
import type { BlockKind } from './format.ts';
import { layOut, type Cell } from './table-grid.ts';

interface Row {
  cells: Cell[];
  isHeader: boolean;
}

interface Frame {
  /** Finished blocks of a cell or a text box; the outermost frame writes straight to the document. */
  pieces: Piece[] | null;
  kind: BlockKind;
  level: number | undefined;
  prefix: string;
  text: string[];
  /** Text boxes anchored in the open paragraph, written after it. */
  floats: Piece[];
  tables: Row[][];
  cell: Omit<Cell, 'text'> | null;
}

/** Tables inside tables beyond this depth are read as plain paragraphs. */
const maxNesting = 20;

/**
 * Turns a stream of starts and ends (SAX events of a document format) into blocks. A paragraph is
 * open at all times; `block` ends it and begins the next. Nothing here recurses.
 */
export class BlockFlow {
  readonly #builder: DocumentBuilder;
  readonly #frames: Frame[] = [newFrame(null)];
  #ignoredTables = 0;

  constructor(builder: DocumentBuilder) {
    this.#builder = builder;
  }

  /** Ends the open block and begins another. @param prefix written before the text, if there is any */
  block(kind: BlockKind, options: { level?: number | undefined; prefix?: string } = {}): void {
    this.#flush();
    const frame = this.#top;
    frame.kind = kind;
    frame.level = options.level;
    frame.prefix = options.prefix ?? '';
  }

  /** Changes what the open block is, for formats that say so after its beginning. */
  become(kind: BlockKind, options: { level?: number | undefined; prefix?: string } = {}): void {
    const frame = this.#top;
    frame.kind = kind;
    frame.level = options.level;
    if (options.prefix !== undefined) frame.prefix = options.prefix;
  }

  text(text: string): void {
    this.#top.text.push(text);
  }

  get isInTable(): boolean {
    return this.#frames.some((frame) => frame.tables.length > 0);
  }

  openTable(): void {
    if (this.#frames.length > maxNesting) {
      this.#ignoredTables++;
      return;
    }
    this.#flush();
    this.#top.tables.push([]);
  }

  openRow(isHeader = false): void {
    if (this.#ignoredTables === 0) this.#top.tables.at(-1)?.push({ cells: [], isHeader });
  }

  /** Marks the open row as one that names the columns. */
  markHeaderRow(): void {
    const row = this.#top.tables.at(-1)?.at(-1);
    if (row && this.#ignoredTables === 0) row.isHeader = true;
  }

  /** A row names the columns where its first cell does; a first cell in a later row names that row. */
  markHeaderCell(): void {
    const row = this.#top.tables.at(-1)?.at(-1);
    if (row && row.cells.length > 0 && !row.isHeader) return;
    this.markHeaderRow();
  }

  openCell(cell: Omit<Cell, 'text'> = {}): void {
    if (this.#ignoredTables > 0 || this.#top.tables.length === 0) return;
    if (this.#top.tables.at(-1)?.length === 0) this.openRow();
    this.#frames.push({ ...newFrame([]), cell });
  }

  /** Closes the open cell and leaves it out, for formats that only say where cells end. */
  dropCell(): void {
    this.describeCell({ columns: 0 });
    this.closeCell();
  }

  /** Opens a cell that the one to its left covers; it is closed like any other and leaves nothing. */
  skipCell(): void {
    this.openCell({ columns: 0 });
  }

  /** Adds to what is known of the open cell, for formats that say so inside it. */
  describeCell(cell: Omit<Cell, 'text'>): void {
    const open = this.#top.cell;
    if (open) Object.assign(open, cell);
  }

  closeCell(): void {
    if (this.#ignoredTables > 0 || !this.#top.cell) return;
    this.#flush();
    const frame = this.#frames.pop() as Frame;
    const pieces = frame.pieces ?? [];
    const text = pieces.map((piece) => piece.text).join(' ');
    if (frame.cell?.columns === 0) return;
    this.#top.tables
      .at(-1)
      ?.at(-1)
      ?.cells.push({ ...frame.cell, text, pieces });
  }

  closeTable(): void {
    if (this.#ignoredTables > 0) {
      this.#ignoredTables--;
      return;
    }
    if (this.#top.cell && this.#top.tables.length === 0) this.closeCell();
    this.#flush();
    const table = this.#top.tables.pop();
    if (table) this.#emitTable(table);
  }

  /** Opens a text box: what follows is written after the paragraph that holds it. */
  openFloat(): void {
    this.#frames.push(newFrame([]));
  }

  closeFloat(): void {
    if (this.#frames.length < 2 || this.#top.cell) return;
    this.#flush();
    const frame = this.#frames.pop() as Frame;
    this.#top.floats.push(...(frame.pieces ?? []));
  }

  /** Ends everything that is still open. */
  end(): void {
    while (this.#frames.length > 1) {
      if (this.#top.tables.length > 0) this.closeTable();
      else if (this.#top.cell) this.closeCell();
      else this.closeFloat();
    }
    while (this.#top.tables.length > 0) this.closeTable();
    this.#flush();
  }

  get #top(): Frame {
    return this.#frames.at(-1) as Frame;
  }

  #flush(): void {
    const frame = this.#top;
    const text = frame.text.join('').trim();
    if (text !== '')
      this.#emit({
        kind: frame.kind,
        text: frame.prefix + text,
        ...(frame.level !== undefined && { level: frame.level }),
      });
    for (const piece of frame.floats) this.#emit(piece);
    frame.text = [];
    frame.floats = [];
    frame.kind = 'paragraph';
    frame.level = undefined;
    frame.prefix = '';
  }

  #emit(piece: Piece): void {
    const { pieces } = this.#top;
    if (pieces) pieces.push(piece);
    else this.#builder.add(piece.kind, piece.text, piece.level);
  }

  #emitTable(rows: Row[]): void {
    const isLayout = isLayoutTable(rows);
    if (isLayout) {
      for (const row of rows)
        for (const cell of row.cells) for (const piece of cell.pieces ?? []) this.#emit(piece);
      return;
    }
    const grid = layOut(rows.map((row) => row.cells));
    const marked = rows.findLastIndex((row) => row.isHeader) + 1;
    const headerRows = marked > 0 && marked <= 5 && marked < rows.length ? marked : rows.length > 1 ? 1 : 0;
    if (this.#top.pieces)
      for (const row of grid) this.#emit({ kind: 'paragraph', text: row.filter(Boolean).join(' ') });
    else this.#builder.addTable({ rows: grid, headerRows });
  }
}

/** A table that only arranges a page: one cell, or cells that hold headings or whole articles. */
function isLayoutTable(rows: Row[]): boolean {
  const cells = rows.flatMap((row) => row.cells);
  if (rows.every((row) => row.cells.length <= 1)) return true;
  return cells.some(
    (cell) => cell.text.length > 2000 || (cell.pieces ?? []).some((piece) => piece.kind === 'heading'),
  );
}

function newFrame(pieces: Piece[] | null): Frame {
  return {
    pieces,
    kind: 'paragraph',
    level: undefined,
    prefix: '',
    text: [],
    floats: [],
    tables: [],
    cell: null,
  };
}
