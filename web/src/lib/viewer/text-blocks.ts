/** A piece of a document's text and what it looks like; offsets are those that citations count. */
export interface TextBlock {
  kind: 'heading' | 'paragraph' | 'table';
  start: number;
  end: number;
}

/**
 * Cuts a text where its reader has put empty lines. Rows with tabs are a table; a line that passages name as their
 * heading is one.
 */
export function textBlocks(text: string, headings: ReadonlySet<string>): TextBlock[] {
  const blocks: TextBlock[] = [];
  let start = 0;
  while (start < text.length) {
    const gap = text.indexOf('\n\n', start);
    const end = gap < 0 ? text.length : gap;
    if (end > start) blocks.push({ kind: kindOf(text.slice(start, end), headings), start, end });
    start = end;
    while (text[start] === '\n') start += 1;
  }
  return blocks;
}

function kindOf(block: string, headings: ReadonlySet<string>): TextBlock['kind'] {
  if (block.includes('\t')) return 'table';
  if (!block.includes('\n') && block.length <= 300 && headings.has(block.trim())) return 'heading';
  return 'paragraph';
}

/** Pieces of a stretch of text, cut where marks begin and end. */
export interface Piece {
  text: string;
  mark: 'passage' | 'quote' | null;
}

interface Range {
  start: number;
  end: number;
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
