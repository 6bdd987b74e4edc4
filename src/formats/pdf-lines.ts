/** A run of text at one place of a page; x grows to the right, y downwards, both in points. */
export interface TextRun {
  text: string;
  left: number;
  right: number;
  baseline: number;
  size: number;
  font: string;
  rightToLeft: boolean;
  /** Place among the segments of the page, in the order in which the producer wrote them. */
  order: number;
}

/** A line of a page: its cells are separated by gaps too wide for a space between words. */
export interface TextLine {
  cells: string[];
  left: number;
  right: number;
  baseline: number;
  size: number;
  /** The font of the whole line, or null where it changes. */
  font: string | null;
}

/** Gaps in units of the font size. Producers set word gaps between .15 and .6, table columns above 1. */
const wordGap = 0.13;
const cellGap = 1.1;

/** Joins neighbouring runs into segments: words of one line with no wide gap between them. */
export function joinRuns(runs: TextRun[]): TextRun[] {
  const segments: TextRun[] = [];
  let current: TextRun | undefined;
  let spaceBefore = false;
  for (const run of runs) {
    if (run.text.trim() === '') {
      spaceBefore = true;
      continue;
    }
    if (current && continues(current, run)) {
      const gap =
        run.rightToLeft && run.right <= current.left + 1
          ? current.left - run.right
          : run.left - current.right;
      const space = spaceBefore || gap > wordGap * run.size;
      current.text =
        current.text + (space && !/\s$/.test(current.text) && !/^\s/.test(run.text) ? ' ' : '') + run.text;
      // A raised or lowered note must not move the line it belongs to.
      if (run.size > current.size) current.baseline = run.baseline;
      current.left = Math.min(current.left, run.left);
      current.right = Math.max(current.right, run.right);
      current.size = Math.max(current.size, run.size);
      if (run.font !== current.font && run.size > 0.8 * current.size) current.font = '';
    } else {
      current = { ...run, order: segments.length };
      segments.push(current);
    }
    spaceBefore = false;
  }
  return segments;
}

/** Rows of segments that share a baseline, from the top of the page down. */
export function groupRows(segments: TextRun[]): TextRun[][] {
  const rows: { runs: TextRun[]; main: TextRun }[] = [];
  for (const segment of segments.toSorted((a, b) => a.baseline - b.baseline)) {
    const row = rows.at(-1);
    if (!row || !sharesBaseline(row.main, segment)) {
      rows.push({ runs: [segment], main: segment });
      continue;
    }
    row.runs.push(segment);
    if (segment.size > row.main.size) row.main = segment;
  }
  return rows.map((row) => row.runs);
}

/** Raised and lowered notes are set in smaller type and further off. */
function sharesBaseline(main: TextRun, run: TextRun): boolean {
  const size = Math.max(main.size, run.size);
  const isNote = Math.min(main.size, run.size) < 0.9 * size;
  return Math.abs(run.baseline - main.baseline) < (isNote ? 0.6 : 0.4) * size;
}

/** Puts the segments of one row in reading order and cuts it into cells. */
export function toLine(row: TextRun[]): TextLine {
  const rightToLeft = lettersOf(row, true) > lettersOf(row, false);
  const ordered = rightToLeft ? rightToLeftOrder(row) : row.toSorted((a, b) => a.left - b.left);
  const cells: string[] = [];
  let previous: TextRun | undefined;
  for (const run of ordered) {
    const gap = previous ? (rightToLeft ? previous.left - run.right : run.left - previous.right) : 0;
    const text = run.text.trim();
    const last = cells.length - 1;
    if (previous && (gap <= cellGap * run.size || belongsTogether(cells[last] ?? '', text))) {
      const tight = Math.abs(gap) <= wordGap * run.size || glues(cells[last] ?? '', text);
      cells[last] += tight ? text : ` ${text}`;
    } else {
      cells.push(text);
    }
    previous = run;
  }
  const fonts = new Set(row.map((run) => run.font));
  return {
    cells: cells.flatMap(splitAmounts),
    left: Math.min(...row.map((run) => run.left)),
    right: Math.max(...row.map((run) => run.right)),
    baseline: Math.max(...row.map((run) => run.baseline)),
    size: Math.max(...row.map((run) => run.size)),
    font: fonts.size === 1 ? row[0]?.font || null : null,
  };
}

function continues(current: TextRun, run: TextRun): boolean {
  const size = Math.max(current.size, run.size);
  if (!sharesBaseline(current, run)) return false;
  const smaller = Math.min(current.size, run.size);
  const ahead = run.left - current.right;
  if (run.rightToLeft !== current.rightToLeft) return false;
  if (ahead > -0.3 * size && ahead <= cellGap * smaller) return true;
  const behind = current.left - run.right;
  return run.rightToLeft && behind > -0.3 * size && behind <= cellGap * smaller;
}

/** Right to left, but keeps stretches of left-to-right runs (numbers, names) in their own order. */
function rightToLeftOrder(row: TextRun[]): TextRun[] {
  const sorted = row.toSorted((a, b) => b.right - a.right);
  const ordered: TextRun[] = [];
  for (let index = 0; index < sorted.length;) {
    let end = index + 1;
    if (!sorted[index]?.rightToLeft) while (end < sorted.length && !sorted[end]?.rightToLeft) end++;
    ordered.push(...sorted.slice(index, end).toSorted((a, b) => (end - index > 1 ? a.left - b.left : 0)));
    index = end;
  }
  return ordered;
}

function lettersOf(row: TextRun[], rightToLeft: boolean): number {
  return row.reduce(
    (sum, run) => sum + (run.rightToLeft === rightToLeft ? (run.text.match(/\p{L}/gu)?.length ?? 0) : 0),
    0,
  );
}

/** Accounting tables set the currency sign, the closing bracket and the per cent sign in columns of their own. */
function belongsTogether(left: string, right: string): boolean {
  return /^[$€£¥(]{1,2}$|[\s(][$€£¥]$/.test(left) ? /^[\d(.—–-]/.test(right) : glues(left, right);
}

function glues(left: string, right: string): boolean {
  return /^[)%]{1,2}$/.test(right)
    ? /[\d.)]$/.test(left)
    : /(^|\s)[$€£¥(]{1,2}$/.test(left) && /^[\d(.]/.test(right);
}

/** Amounts that stand close together are cells of their own: `$15,939 $17,363`. */
function splitAmounts(cell: string): string[] {
  if (!/^[$€£¥]/.test(cell)) return [cell];
  const amounts = /^[^\p{L}]*/u.exec(cell)?.[0] ?? '';
  const parts = amounts.split(/(?<=[\d)—–]) (?=[$€£¥] ?[\d(.—–])/);
  return [...parts.slice(0, -1), (parts.at(-1) ?? '') + cell.slice(amounts.length)];
}
