import type { QuotableUnit } from './quotable-unit.ts';
import { isTitleLike, type Line, readLines } from './lines.ts';
import { splitSentences } from './sentences.ts';
import { readTable } from './table-rows.ts';

/** The sentences, list items and table rows of a passage, in order. */
export function splitUnits(text: string): QuotableUnit[] {
  return [...readUnits(text)];
}

function* readUnits(text: string): Generator<QuotableUnit> {
  const lines = readLines(text);
  let label = '';
  for (let at = 0; at < lines.length;) {
    const end = blockEnd(lines, at);
    const block = lines.slice(at, end);
    const first = block[0] as Line;
    if (first.kind === 'table') yield* readTable(text, block, label);
    if (first.kind === 'heading') label = first.text;
    if (first.kind === 'item' || first.kind === 'prose') {
      const span = { start: first.start, end: (block.at(-1) as Line).end };
      const isTitle = block.length === 1 && isTitleLike(first);
      const kind = isTitle && !/\d/.test(first.text) ? 'label' : first.kind === 'item' ? 'item' : 'sentence';
      for (const piece of splitSentences(text, span)) yield { kind, ...piece, label };
      if (isTitle) label = first.text;
    }
    at = end;
  }
}

function blockEnd(lines: Line[], at: number): number {
  const { kind } = lines[at] as Line;
  let end = at + 1;
  while (end < lines.length && continues(lines[end - 1] as Line, lines[end] as Line, kind)) end++;
  return end;
}

/** Whether a line goes on with the block: lines of a table do, lines of prose when it looks wrapped. */
function continues(previous: Line, line: Line, kind: Line['kind']): boolean {
  if (kind === 'table') return line.kind === 'table' || line.kind === 'group';
  if ((kind !== 'prose' && kind !== 'item') || line.kind !== 'prose') return false;
  if (/^\p{Ll}/u.test(line.text)) return true;
  const isWide = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u.test(previous.text);
  return previous.text.length >= (isWide ? 25 : 50) && kind === 'prose';
}
