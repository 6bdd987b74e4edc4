import { readReferences } from './character-references.ts';
import { decodeText } from './encoding.ts';
import type { Block, ExtractedDocument, ExtractionContext } from './format.ts';
import { keepText, linesOf } from './text-blocks.ts';

export async function extract(bytes: Uint8Array, context: ExtractionContext): Promise<ExtractedDocument> {
  const { text, warnings } = decodeText(bytes);
  return keepText({ text: readReferences(text), warnings }, context, splitMarkdown, firstHeading);
}

interface Line {
  start: number;
  end: number;
  text: string;
}

/**
 * Finds the blocks of Markdown line by line. The text itself stays as it is, marks and all: a model
 * reads them well, and quotations of it stay exact. No pattern here looks further than one line.
 */
function splitMarkdown(text: string): Block[] {
  const lines: Line[] = [...linesOf(text)].map(({ start, end }) => ({
    start,
    end,
    text: text.slice(start, end),
  }));
  const blocks: Block[] = [];
  for (let index = 0; index < lines.length;) {
    const line = lines[index] as Line;
    if (line.text.trim() === '') {
      index++;
      continue;
    }
    const block = readBlock(lines, index);
    blocks.push(block.block);
    index = block.next;
  }
  return blocks;
}

function readBlock(lines: Line[], index: number): { block: Block; next: number } {
  const line = lines[index] as Line;
  const make = (kind: Block['kind'], next: number, more: Partial<Block> = {}) => {
    const end = (lines[next - 1] as Line).end;
    return { block: { kind, start: line.start, end, page: null, ...more }, next };
  };
  if (index === 0 && line.text === '---') {
    const close = lines.findIndex((other, at) => at > 0 && other.text.trimEnd() === '---');
    if (close > 0 && close < 200) return make('code', close + 1, linesBetween(lines, 1, close));
  }
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line.text)?.[1];
  if (fence !== undefined) {
    const close = closingFence(lines, index, fence);
    return make('code', Math.min(close + 1, lines.length), linesBetween(lines, index + 1, close));
  }
  const level = /^ {0,3}(#{1,6})(?:\s|$)/.exec(line.text)?.[1]?.length;
  if (level !== undefined) return make('heading', index + 1, { level, ...withoutHashes(line) });
  const below = lines[index + 1]?.text ?? '';
  if (line.text.includes('|') && isDelimiterRow(below)) {
    const next = endOfParagraph(lines, index + 2, (other) => !other.text.includes('|'));
    return make('table', next, next > index + 2 ? { headerEnd: (lines[index + 1] as Line).end } : {});
  }
  if (isListItem(line.text))
    return make(
      'list_item',
      endOfParagraph(lines, index + 1, (other) => isListItem(other.text)),
    );
  if (/^ {0,3}(=+|-+)\s*$/.test(below) && below.trim().length > 1) {
    return make('heading', index + 2, { level: below.includes('=') ? 1 : 2, ...innerOf(trimmed(line)) });
  }
  return make('paragraph', endOfParagraph(lines, index + 1, startsBlock));
}

/** Index of the line that closes a fence; behind the last line when none does. */
function closingFence(lines: Line[], open: number, fence: string): number {
  for (let index = open + 1; index < lines.length; index++) {
    const line = (lines[index] as Line).text.trim();
    if (line.startsWith(fence) && /^[`~]+$/.test(line)) return index;
  }
  return lines.length;
}

type Inner = Pick<Block, 'inner'>;

function linesBetween(lines: Line[], from: number, to: number): Inner {
  const [first, last] = [lines[from], lines[to - 1]];
  return first && last && from < to ? innerOf({ start: first.start, end: last.end }) : {};
}

/** Hashes at the end are marks only behind white space: `C#` keeps its own. */
function withoutHashes({ start, text }: Line): Inner {
  const mark = /^ {0,3}#{1,6}/.exec(text)?.[0].length ?? 0;
  const words = text.trimEnd();
  let end = words.length;
  while (end > mark && words[end - 1] === '#') end--;
  const isClosed = end < words.length && /\s/.test(words[end - 1] ?? '');
  const kept = isClosed ? words.slice(0, end) : words;
  return innerOf(trimmed({ start: start + mark, text: kept.slice(mark) }));
}

function trimmed({ start, text }: Pick<Line, 'start' | 'text'>): { start: number; end: number } {
  return { start: start + text.length - text.trimStart().length, end: start + text.trimEnd().length };
}

function innerOf({ start, end }: { start: number; end: number }): Inner {
  return start < end ? { inner: { start, end } } : {};
}

/** Index of the first line from `index` on that is blank or that `stops` refuses. */
function endOfParagraph(lines: Line[], index: number, stops: (line: Line) => boolean): number {
  while (index < lines.length && (lines[index] as Line).text.trim() !== '' && !stops(lines[index] as Line)) {
    if (/^ {0,3}(`{3}|~{3}|#{1,6}\s)/.test((lines[index] as Line).text)) break;
    index++;
  }
  return index;
}

function startsBlock(line: Line): boolean {
  return isListItem(line.text);
}

function isListItem(line: string): boolean {
  return /^\s{0,40}([-*+]|\d{1,9}[.)])\s/.test(line) && !/^\s*([-*_]\s*){3,}$/.test(line.slice(0, 200));
}

function isDelimiterRow(line: string): boolean {
  return line.includes('-') && /^[\s|:-]+$/.test(line) && line.includes('|');
}

function firstHeading(text: string): string | null {
  return /^#\s+(.{1,300})$/m.exec(text.slice(0, 4000))?.[1]?.replace(/\s#+\s*$/, '') ?? null;
}
