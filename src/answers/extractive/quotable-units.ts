import { splitSentences } from './sentences.ts';

/** A stretch of a passage that can be quoted alone, `[start, end)` in UTF-16 units. */
export interface QuotableUnit {
  kind: 'sentence' | 'item' | 'row' | 'header' | 'label';
  start: number;
  end: number;
  /** Of a table row: the header line above it. */
  header?: { start: number; end: number };
  /** The nearest title-like line above, which says what the unit is about. */
  label: string;
}

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

interface Line {
  kind: 'blank' | 'heading' | 'table' | 'item' | 'prose';
  text: string;
  start: number;
  end: number;
  /** Of a table: the first cell is empty. */
  isIndented: boolean;
}

const itemMark = /^\s*(?:[-*•‣▪◦–—]|\d{1,3}[.)]|\(?[a-zA-Z]\))\s+/;

function readLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const { 0: raw, index } of text.matchAll(/[^\n]+|\n(?=\n)/g)) {
    const body = raw.trim();
    const kind = kindOf(raw, body);
    // A list mark and a heading mark are not part of what is quoted.
    const mark =
      kind === 'item' ? (itemMark.exec(raw)?.[0].length ?? 0) : raw.length - raw.trimStart().length;
    lines.push({
      kind,
      text: body,
      start: index + mark,
      end: index + raw.trimEnd().length,
      isIndented: /^(\t|\|\s*\|)/.test(raw),
    });
  }
  // The upper rows of a header may name one column alone, behind an empty first cell.
  for (let at = lines.length - 2; at >= 0; at--) {
    const [line, next] = [lines[at]!, lines[at + 1]!];
    if (line.kind === 'prose' && line.isIndented && next.kind === 'table') line.kind = 'table';
  }
  return lines;
}

function kindOf(raw: string, body: string): Line['kind'] {
  if (body === '') return 'blank';
  if (/^#{1,6}\s/.test(body)) return 'heading';
  // Cells are separated by tabs, or by bars in Markdown.
  if (body.includes('\t') || /^\|.*\|$/.test(body)) return 'table';
  return itemMark.test(raw) ? 'item' : 'prose';
}

function blockEnd(lines: Line[], at: number): number {
  const { kind } = lines[at] as Line;
  let end = at + 1;
  while (end < lines.length && continues(lines[end - 1] as Line, lines[end] as Line, kind)) end++;
  return end;
}

/** Whether a line goes on with the block: lines of a table do, lines of prose when it looks wrapped. */
function continues(previous: Line, line: Line, kind: Line['kind']): boolean {
  if (kind === 'table') return line.kind === 'table';
  if ((kind !== 'prose' && kind !== 'item') || line.kind !== 'prose') return false;
  if (/^\p{Ll}/u.test(line.text)) return true;
  const isWide = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u.test(previous.text);
  return previous.text.length >= (isWide ? 25 : 50) && kind === 'prose';
}

function readTable(text: string, block: Line[], label: string): QuotableUnit[] {
  const rows = block.filter((line) => !/^[|\s:-]+$/.test(line.text));
  const above = rows.length > 1 ? headerRows(rows) : 0;
  const names = { start: rows[0]?.start ?? 0, end: rows[above - 1]?.end ?? 0 };
  const header = above > 0 && names.end - names.start <= maxRow ? names : undefined;
  return rows.flatMap(({ start, end }, index): QuotableUnit[] => {
    if (index < above) return header ? [{ kind: 'header', start, end, label }] : [];
    if (end - start <= maxRow) return [{ kind: 'row', start, end, label, header }];
    return splitSentences(text, { start, end }).map((piece) => ({ kind: 'item', ...piece, label }));
  });
}

/** A wider row is quoted in pieces: nobody reads it under its header. */
const maxRow = 600;
const maxHeaderRows = 4;

/** The first row, and those below it that name only columns: their first cell is empty. */
function headerRows(rows: Line[]): number {
  const last = Math.min(maxHeaderRows, rows.length - 1);
  const firstBody = rows.findIndex(({ isIndented }, index) => index > 0 && !isIndented);
  return rows[0]?.isIndented && firstBody > 0 ? Math.min(firstBody, last) : 1;
}

/** Short and without an end mark: a title, a field's name, the caption of a table. */
function isTitleLike({ text }: Line): boolean {
  return text.length <= 80 && !/[.!?:;,。！？：；，؟।]["”’)\]]*$/u.test(text) && !/[:：]\s*\S/.test(text);
}
