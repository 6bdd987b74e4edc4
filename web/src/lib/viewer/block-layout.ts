import { linesOf, type Range, type TextBlock, trimmed } from './text-block.ts';

export interface Row {
  cells: Range[];
  isHeader: boolean;
}

/** Rows and cells of a table with their own places in the text. */
export function rowsOf(text: string, { inner, headerEnd, separator }: TextBlock): Row[] {
  return linesOf(text, inner).flatMap((line) => {
    if (separator === '|' && line.end === headerEnd) return [];
    const cells = separator === '|' ? cellsBetweenBars(text, line) : cellsAt(text, line, '\t');
    return [{ cells, isHeader: line.end <= headerEnd }];
  });
}

function cellsAt(text: string, line: Range, separator: string): Range[] {
  const cells: Range[] = [];
  let start = line.start;
  for (let at = start; at < line.end; at += 1) {
    if (text[at] !== separator || isEscapedBar(text, at)) continue;
    cells.push({ start, end: at });
    start = at + 1;
  }
  return [...cells, { start, end: line.end }];
}

function isEscapedBar(text: string, at: number): boolean {
  return text[at] === '|' && text[at - 1] === '\\';
}

/** A bar at the beginning or the end of a row parts nothing. */
function cellsBetweenBars(text: string, line: Range): Range[] {
  const cells = cellsAt(text, line, '|').map((cell) => trimmed(text, cell));
  const isEmpty = (cell: Range | undefined) => cell !== undefined && cell.start === cell.end;
  const from = cells.length > 1 && isEmpty(cells[0]) ? 1 : 0;
  const to = cells.length > from + 1 && isEmpty(cells.at(-1)) ? -1 : cells.length;
  return cells.slice(from, to);
}

export interface Group {
  block: TextBlock;
  /** Of a list, all; of any other block, itself. */
  items: TextBlock[];
}

/** Neighbouring items are one list; every other block stands alone. */
export function groupLists(blocks: readonly TextBlock[]): Group[] {
  const groups: Group[] = [];
  for (const block of blocks) {
    const last = groups.at(-1);
    if (block.kind === 'list_item' && last?.block.kind === 'list_item') last.items.push(block);
    else groups.push({ block, items: [block] });
  }
  return groups;
}

/** The mark of a list item with the white space behind it, and its words, which stand beside each other. */
export function partsOfItem(text: string, { start, end }: Range): { mark: Range; words: Range } {
  const mark = /^(?:[\p{P}\p{S}]|\(?[\p{L}\p{N}]{1,4}[.)])\s+/u.exec(
    text.slice(start, Math.min(end, start + 40)),
  );
  const wordsStart = start + (mark?.[0].length ?? 0);
  return { mark: { start, end: wordsStart }, words: { start: wordsStart, end } };
}

/**
 * How deep each heading stands among those that are shown, by where it starts: the first one at 1, and none more than one
 * deeper than the one before, whatever levels the document leaves out.
 */
export function headingDepths(blocks: readonly TextBlock[]): Map<number, number> {
  const depths = new Map<number, number>();
  let open: number[] = [];
  for (const { kind, start, level } of blocks) {
    if (kind !== 'heading') continue;
    open = [...open.filter((above) => above < level), level];
    depths.set(start, open.length);
  }
  return depths;
}

/** Pieces of a stretch of text, cut where marks begin and end. */
export interface Piece {
  text: string;
  mark: 'passage' | 'quote' | null;
}

export function markedPieces(
  text: string,
  within: Range,
  passage: Range | null,
  quote: Range | null,
): Piece[] {
  const cuts = [within.start, within.end];
  for (const range of [passage, quote]) if (range) cuts.push(range.start, range.end);
  const places = [...new Set(cuts)]
    .filter((cut) => cut >= within.start && cut <= within.end)
    .toSorted((a, b) => a - b);
  return places.slice(0, -1).map((start, index) => {
    const holds = (range: Range | null) => range !== null && start >= range.start && start < range.end;
    const mark = holds(quote) ? 'quote' : holds(passage) ? 'passage' : null;
    return { text: text.slice(start, places[index + 1]), mark };
  });
}
