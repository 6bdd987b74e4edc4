/** A line of a passage, by what it looks like. */
export interface Line {
  /** `group`: one cell alone inside a table, which names the rows below it. */
  kind: 'blank' | 'heading' | 'table' | 'group' | 'item' | 'prose';
  text: string;
  start: number;
  end: number;
  /** Of a table: the first cell is empty. */
  isIndented: boolean;
}

const itemMark = /^\s*(?:[-*•‣▪◦–—]|\d{1,3}[.)]|\(?[a-zA-Z]\))\s+/;

export function readLines(text: string): Line[] {
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
      isIndented: hasEmptyFirstCell(raw),
    });
  }
  // The upper rows of a header may name one column alone, behind an empty first cell.
  for (let at = lines.length - 2; at >= 0; at--) {
    const [line, next] = [lines[at]!, lines[at + 1]!];
    if (line.kind === 'prose' && line.isIndented && next.kind === 'table') line.kind = 'table';
  }
  nameGroups(lines);
  return lines;
}

function kindOf(raw: string, body: string): Line['kind'] {
  if (body === '') return 'blank';
  if (/^#{1,6}\s/.test(body)) return 'heading';
  // Cells are separated by tabs, or by bars.
  if (body.includes('\t') || body.startsWith('|') || body.includes(' | ')) return 'table';
  return itemMark.test(raw) ? 'item' : 'prose';
}

/** `| 2019 | 2018` has no first cell, `| Name | Age |` has one. */
function hasEmptyFirstCell(raw: string): boolean {
  return /^(?:\t|\s*\|\s*\|)/.test(raw) || (/^\s*\|/.test(raw) && !raw.trimEnd().endsWith('|'));
}

const maxGroup = 100;
/** Lines with one cell that may follow each other inside a table. */
const maxGroupLines = 3;

function nameGroups(lines: Line[]): void {
  let inTable = false;
  for (const [at, line] of lines.entries()) {
    if (line.kind === 'prose' && inTable && mayNameGroup(line)) {
      const more = lines.slice(at + 1, at + 1 + maxGroupLines);
      const rows = more.findIndex(({ kind }) => kind === 'table');
      if (rows >= 0 && more.slice(0, rows).every((one) => one.kind === 'prose' && mayNameGroup(one)))
        line.kind = 'group';
    }
    inTable = line.kind === 'table' || line.kind === 'group';
  }
}

function mayNameGroup({ text }: Line): boolean {
  return text.length <= maxGroup && !/[.!?。！？]["”’)\]]*$/u.test(text);
}

/** Short and without an end mark: a title, a field's name, the caption of a table. */
export function isTitleLike({ text }: Line): boolean {
  return text.length <= 80 && !/[.!?:;,。！？：；，؟।]["”’)\]]*$/u.test(text) && !/[:：]\s*\S/.test(text);
}
