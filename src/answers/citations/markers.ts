/** A piece of an answer: text as it stands, or a marker with the numbers that it names. */
export type Piece = { type: 'text'; text: string } | Marker;

export interface Marker {
  type: 'marker';
  text: string;
  numbers: number[];
  /** What it is where none of its numbers is a source's: nothing, text, or a footnote where it has a definition. */
  otherwise: 'nothing' | 'text' | 'footnote';
}

/** Tells markers from brackets that mean something else, in an answer that comes piece by piece. */
export interface MarkerReader {
  push(delta: string): Piece[];
  /** What was held back at the end of the answer. */
  flush(): Piece[];
}

const list = String.raw`\d{1,3}(?:\s?[-\u2013]\s?\d{1,3})?(?:\s?[,;]\s?\d{1,3}(?:\s?[-\u2013]\s?\d{1,3})?){0,20}`;
const scanned = new RegExp(
  String.raw`(?<newline>\n)|(?<ticks>\`{1,20})|(?<tildes>~{3,20})|\[(?:\^|sources?\s|source\s#)?(?<list>${list})\](?<link>\(|:)?`,
  'gi',
);
/** What the next delta may complete: white space, ticks, an open bracket; what a bracket means tells what follows it. */
const unfinished =
  /(?:\s{1,200}|`{1,20}|~{1,20}|[ \t]{0,20}\[(?:\^|s[a-z]{0,6}[ #]{0,2})?[\d\s,;\u2013-]{0,60}|\[[^\]\n]{0,70}\]\s{0,100})$/i;
/** An index of code, such as row_id[3] or x[1], not a word of prose that a marker touches. */
const indexed = /(?:[_$][\p{L}\d]{0,40}|\b[a-z])$/u;
const interval =
  /(?:[=∈<>≤≥]|\b(?:interval|range|domain|intervall|intervalle|intervalo|bereich)\b[^.\n]{0,12}|\b(?:between|zwischen|entre|tussen))\s?$/iu;
const longestRange = 12;

/** Behind these a list of numbers is no list of sources. */
const joined =
  /\b(?:in|within|between|from|to|of|is|are|was|were|be|by|the|values?|bounds?|limits?|zwischen|von|bis|ist|entre|de|est|es)\s$/iu;
/** A word that the bracket belongs to, in a script that parts words. */
const touched =
  /(?=[\p{L}\p{N}_])[^\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]$/u;
/** The end of a clause, where citations stand: nothing, or what is no word. */
const clauseEnd = /^[ \t]*(?:$|\n|[^\p{L}\p{N}\s])/u;
/** Before a definition: nothing but the bullet of a list. */
const lineStart = /^[\s>*+-]*(?:\d{1,3}[.)]\s*)?$/;
const listItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const codeIndent = 4;
const paragraphEnd = /\n[ \t]*\n/;
/** A tick without its pair is text: so much is held back to see whether there is one. */
const longestSpan = 600;
/** Of a line, so much tells what it is. */
const lineHead = 40;

export function createMarkerReader(): MarkerReader {
  let held = '';
  /** What an open code span or block began with: ticks or tildes; three or more begin a block. */
  let code = '';
  let before = '';
  /** The beginning of the line, as far as it has come. */
  let line = '';
  let isAfterBlank = true;
  let isInList = false;
  let wasIndented = false;

  /** A line of an indented block of code: behind an empty line, and no paragraph of a list. */
  const isIndented = (): boolean =>
    indentOf(line) >= codeIndent && (wasIndented || (isAfterBlank && !isInList));

  function endLine(): void {
    const isBlank = line.trim() === '';
    if (isBlank) {
      if (code.length < 3) code = '';
    } else {
      wasIndented = isIndented();
      if (listItem.test(line) && !wasIndented) isInList = true;
      else if (isAfterBlank && indentOf(line) < 2) isInList = false;
    }
    isAfterBlank = isBlank;
    line = '';
  }

  function fence(match: string, isTilde: boolean): void {
    if (isTilde && line.trim() !== '') return;
    const isClosing = isTilde ? code.startsWith('~') && match.length >= code.length : code === match;
    if (code === '') code = match;
    else if (isClosing) code = '';
  }

  /** Whether these ticks begin a span of code; null where what is still to come tells. */
  function opensSpan(ticks: string, behind: string, isLast: boolean): boolean | null {
    const near = behind.slice(0, longestSpan);
    const end = paragraphEnd.exec(near)?.index;
    for (const [run] of near.slice(0, end).matchAll(/`{1,20}/g)) if (run === ticks) return true;
    if (end !== undefined) return false;
    if (behind.length > longestSpan) return true;
    return isLast ? false : null;
  }

  /** What is held back begins where the rest cannot be told yet. */
  function read(text: string, isLast: boolean): Piece[] {
    const pieces: Piece[] = [];
    let upTo = text.length;
    let at = 0;
    /** As far as `line` knows the text. */
    let known = 0;
    const say = (upTo: number): void => {
      if (upTo <= at) return;
      const said = text.slice(at, upTo);
      pieces.push({ type: 'text', text: said });
      before = (before + said).slice(-40);
      at = upTo;
    };
    const follow = (upTo: number): void => {
      if (line.length < lineHead) line += text.slice(known, Math.min(upTo, known + lineHead));
      known = upTo;
    };
    for (const match of text.matchAll(scanned)) {
      follow(match.index);
      const { newline, ticks, tildes, list: written, link } = match.groups ?? {};
      const end = match.index + match[0].length;
      if (newline !== undefined) {
        endLine();
        known = end;
      } else if (isIndented()) continue;
      else if (ticks !== undefined || tildes !== undefined) {
        const opens =
          code === '' && ticks !== undefined && ticks.length < 3
            ? opensSpan(ticks, text.slice(end), isLast)
            : true;
        if (opens === null) {
          upTo = match.index;
          break;
        }
        if (opens) fence(match[0], tildes !== undefined);
      } else if (code === '' && link !== '(' && !(link === ':' && lineStart.test(line))) {
        const bracket = text.slice(match.index, end - (link?.length ?? 0));
        const context = (before + text.slice(at, match.index)).slice(-40);
        const numbers = numbersOf(written ?? '', context, bracket);
        if (numbers === null) continue;
        const after = match.index + bracket.length;
        say(match.index);
        const otherwise = otherwiseOf(bracket, context, text.slice(after, after + 110));
        pieces.push({ type: 'marker', text: bracket, numbers, otherwise });
        at = after;
        before = '';
      }
    }
    follow(upTo);
    say(upTo);
    held = text.slice(upTo);
    return pieces;
  }

  return {
    push(delta) {
      const text = held + delta;
      const open = unfinished.exec(text.slice(-240));
      const keep = open === null ? 0 : open[0].length;
      const pieces = read(text.slice(0, text.length - keep), false);
      held += text.slice(text.length - keep);
      return pieces;
    },
    flush: () => read(held, true),
  };
}

function indentOf(line: string): number {
  const [white = ''] = /^[ \t]{0,40}/.exec(line) ?? [];
  return white.length + (codeIndent - 1) * (white.split('\t').length - 1);
}

function otherwiseOf(bracket: string, before: string, after: string): Marker['otherwise'] {
  if (/^\[s/i.test(bracket)) return 'nothing';
  if (touched.test(before)) return 'text';
  if (bracket.startsWith('[^')) return 'footnote';
  const isList = /[,;\u2013-]/.test(bracket);
  return isList && (joined.test(before) || !clauseEnd.test(after)) ? 'text' : 'nothing';
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

/**
 * An answer without its markers and without the holes that they would leave.
 * @param sources the numbers of what it rested on: other brackets are its text; undefined where nobody knows them
 */
export function withoutMarkers(answer: string, sources?: ReadonlySet<number>): string {
  const reader = createMarkerReader();
  const isMarker = (piece: Piece | undefined): boolean =>
    piece?.type === 'marker' && (sources === undefined || piece.numbers.some((n) => sources.has(n)));
  const pieces = [...reader.push(answer), ...reader.flush()];
  return pieces
    .map((piece, at) => {
      if (isMarker(piece)) return '';
      return isMarker(pieces[at + 1]) ? piece.text.trimEnd() : piece.text;
    })
    .join('');
}
