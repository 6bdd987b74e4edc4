import type { DocumentText, TextBlock as KnownBlock } from '@alcove/client';
import { guessBlocks } from './guess-blocks.ts';
import { linesOf, plainBlock, type TextBlock, trimmed } from './text-block.ts';

/** A longer table is cut: a long text is not written into the page at once. */
const mostRows = 200;
/** Code that was cut at its empty lines is shown together up to this length. */
const mostCode = 4_000;
const deepestIndent = 4;

/** What the reader of the document has told, or what its text lets guess where it was read before that was kept. */
export function textBlocks(
  text: string,
  known: DocumentText['blocks'],
  headings: ReadonlySet<string>,
): TextBlock[] {
  if (known === null) return guessBlocks(text, headings);
  const blocks: TextBlock[] = [];
  let at = 0;
  for (const block of known) {
    if (block.char_start > at) blocks.push(...between(text, at, block.char_start));
    const last = blocks.at(-1);
    const made = blockOf(text, block);
    if (last && continuesCode(text, last, made)) blocks[blocks.length - 1] = joined(last, made);
    else if (made.kind === 'table') blocks.push(...cutTable(text, made));
    else blocks.push(made);
    at = block.char_end;
  }
  return [...blocks, ...between(text, at, text.length)];
}

/** Whatever stands outside of the blocks is shown too, so that any passage can be marked. */
function between(text: string, start: number, end: number): TextBlock[] {
  const range = trimmed(text, { start, end });
  return range.start < range.end ? [plainBlock('paragraph', range)] : [];
}

function blockOf(text: string, known: KnownBlock): TextBlock {
  const { kind, char_start: start, char_end: end, level, header_end: headerEnd, inner } = known;
  const block = plainBlock(kind, { start, end });
  if (inner) block.inner = { start: inner.char_start, end: inner.char_end };
  if (kind === 'heading') return { ...block, level: level ?? 1 };
  if (kind === 'list_item') return indented(text, block);
  return kind === 'table' ? asTable(text, block, headerEnd ?? start) : block;
}

/** Items of Markdown stand under others by the white space before them. */
function indented(text: string, block: TextBlock): TextBlock {
  const inner = trimmed(text, block);
  const spaces = text.slice(block.start, inner.start).replaceAll('\t', '    ').length;
  return { ...block, inner, level: Math.min(deepestIndent, Math.floor(spaces / 2)) };
}

/** The second line of a table of Markdown is a mark: it ends the header even where no rows follow. */
function asTable(text: string, block: TextBlock, headerEnd: number): TextBlock {
  const [, second] = linesOf(text, block);
  const isMarkdown = second !== undefined && isDelimiterRow(text.slice(second.start, second.end));
  return isMarkdown ? { ...block, separator: '|', headerEnd: second.end } : { ...block, headerEnd };
}

function isDelimiterRow(line: string): boolean {
  return line.includes('-') && line.includes('|') && /^[\s|:-]+$/.test(line);
}

function cutTable(text: string, table: TextBlock): TextBlock[] {
  const lines = linesOf(text, table);
  if (lines.length <= mostRows) return [table];
  const parts: TextBlock[] = [];
  for (let at = 0; at < lines.length; at += mostRows) {
    const start = lines[at]?.start ?? table.start;
    const end = lines[Math.min(at + mostRows, lines.length) - 1]?.end ?? table.end;
    parts.push({
      ...table,
      start,
      end,
      inner: { start, end },
      headerEnd: at === 0 ? table.headerEnd : start,
    });
  }
  return parts;
}

function continuesCode(text: string, last: TextBlock, next: TextBlock): boolean {
  const isBare = ({ kind, start, inner }: TextBlock) => kind === 'code' && inner.start === start;
  if (!isBare(last) || !isBare(next) || next.end - last.start > mostCode) return false;
  return text.slice(last.end, next.start).trim() === '';
}

function joined(last: TextBlock, { end }: TextBlock): TextBlock {
  return { ...last, end, inner: { start: last.start, end } };
}
