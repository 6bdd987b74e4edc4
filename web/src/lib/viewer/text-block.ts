import type { TextBlock as KnownBlock } from '@alcove/client';

export interface Range {
  start: number;
  end: number;
}

/** A piece of a document's text and what it looks like; offsets are those that citations count. */
export interface TextBlock extends Range {
  kind: KnownBlock['kind'];
  /** Of a heading, 1 is the outermost; of a list item, 0 is. */
  level: number;
  /** What is shown of it: marks of Markdown are not. */
  inner: Range;
  /** Of a table: where its header rows end; its start where it has none. */
  headerEnd: number;
  /** Of a table: what parts its cells. */
  separator: '\t' | '|';
}

export function plainBlock(kind: TextBlock['kind'], { start, end }: Range): TextBlock {
  return { kind, start, end, level: 1, inner: { start, end }, headerEnd: start, separator: '\t' };
}

/** The lines of a stretch, without their ends. */
export function linesOf(text: string, { start, end }: Range): Range[] {
  const lines: Range[] = [];
  const lineEnd = /\r\n|\n|\r/g;
  const within = text.slice(start, end);
  let at = 0;
  for (let match = lineEnd.exec(within); match; match = lineEnd.exec(within)) {
    lines.push({ start: start + at, end: start + match.index });
    at = match.index + match[0].length;
  }
  return [...lines, { start: start + at, end }];
}

export function trimmed(text: string, { start, end }: Range): Range {
  const words = text.slice(start, end);
  const from = start + words.length - words.trimStart().length;
  return { start: from, end: Math.max(from, start + words.trimEnd().length) };
}
