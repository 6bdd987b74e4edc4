/** A piece of an answer: text as it stands, or a marker with the numbers that it names. */
export type Piece = { type: 'text'; text: string } | { type: 'marker'; text: string; numbers: number[] };

/** Tells markers from brackets that mean something else, in an answer that comes piece by piece. */
export interface MarkerReader {
  push(delta: string): Piece[];
  /** What was held back at the end of the answer. */
  flush(): Piece[];
}

const list = String.raw`\d{1,3}(?:\s?[-\u2013]\s?\d{1,3})?(?:\s?[,;]\s?\d{1,3}(?:\s?[-\u2013]\s?\d{1,3})?){0,20}`;
const scanned = new RegExp(
  String.raw`(?<ticks>\`{1,20})|(?<break>\n[ \t]*\n)|\[(?:\^|sources?\s|source\s#)?(?<list>${list})\](?<link>\(|:)?`,
  'gi',
);
/** What the next delta may complete: white space, ticks, an open bracket. */
const unfinished =
  /(?:\s{1,200}|`{1,20}|[ \t]{0,20}\[(?:\^|s[a-z]{0,6}[ #]{0,2})?[\d\s,;\u2013-]{0,60}|\[[^\]\n]{0,70}\])$/i;
/** An index of code, such as row_id[3] or x[1], not a word of prose that a marker touches. */
const indexed = /(?:[_$][\p{L}\d]{0,40}|\b[a-z])$/u;
const interval =
  /(?:[=∈<>≤≥]|\b(?:interval|range|domain|intervall|intervalle|intervalo|bereich)\b[^.\n]{0,12})\s?$/iu;
const longestRange = 12;

export function createMarkerReader(): MarkerReader {
  let held = '';
  /** Ticks that an open code span began with; three or more begin a block. */
  let code = '';
  let before = '';

  function read(text: string): Piece[] {
    const pieces: Piece[] = [];
    let at = 0;
    const say = (upTo: number): void => {
      if (upTo <= at) return;
      const said = text.slice(at, upTo);
      pieces.push({ type: 'text', text: said });
      before = (before + said).slice(-40);
      at = upTo;
    };
    for (const match of text.matchAll(scanned)) {
      const end = match.index + match[0].length;
      if (match.groups?.['ticks'] !== undefined) {
        if (code === '') code = match[0];
        else if (code === match[0]) code = '';
      } else if (match.groups?.['break'] !== undefined) {
        if (code.length < 3) code = '';
      } else if (code === '') {
        const bracket = text.slice(match.index, end - (match.groups?.['link']?.length ?? 0));
        const context = (before + text.slice(at, match.index)).slice(-40);
        const numbers =
          match.groups?.['link'] === undefined
            ? numbersOf(match.groups?.['list'] ?? '', context, bracket)
            : null;
        if (numbers !== null) {
          say(match.index);
          pieces.push({ type: 'marker', text: bracket, numbers });
          at = end;
          before = '';
        }
      }
    }
    say(text.length);
    return pieces;
  }

  return {
    push(delta) {
      const text = held + delta;
      const open = unfinished.exec(text.slice(-240));
      const keep = open === null ? 0 : open[0].length;
      held = text.slice(text.length - keep);
      return read(text.slice(0, text.length - keep));
    },
    flush() {
      const text = held;
      held = '';
      return read(text);
    },
  };
}

/** Null for an interval or an index. */
function numbersOf(written: string, before: string, bracket: string): number[] | null {
  const isLabelled = /^\[[\^s]/i.test(bracket);
  if (!isLabelled && (interval.test(before) || indexed.test(before))) return null;
  const numbers: number[] = [];
  for (const part of written.split(/[,;]/)) {
    const [from = Number.NaN, to = from] = part.split(/[-\u2013]/).map(Number);
    // [0] is where programs begin to count, and [5-2] is no range.
    if (from === 0 || to < from || to - from > longestRange) return null;
    for (let n = from; n <= to; n += 1) numbers.push(n);
  }
  return [...new Set(numbers)];
}

/** An answer without its markers and without the holes that they would leave. */
export function withoutMarkers(answer: string): string {
  const reader = createMarkerReader();
  const pieces = [...reader.push(answer), ...reader.flush()];
  return pieces
    .map((piece, at) => {
      if (piece.type === 'marker') return '';
      return pieces[at + 1]?.type === 'marker' ? piece.text.trimEnd() : piece.text;
    })
    .join('');
}
