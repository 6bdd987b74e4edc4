import type { Verification } from '@alcove/contract';
import type { Background } from '../../indexing/background.ts';
import { detectLanguage } from '../../indexing/language.ts';
import { checkStatement, isDeniedIn, keepsNumbers } from './check.ts';
import { createFootnoteReader } from './footnotes.ts';
import { createMarkerReader, type Marker, type Piece } from './markers.ts';
import { hasNegation } from './polarity.ts';
import { type Passage, readPassage } from './passage.ts';
import { agrees, quantitiesOf } from './quantities.ts';
import { longestStatement, statementStart } from './statement.ts';
import { findWords, tokensOf } from './tokens.ts';
import type { Verdict } from './verdict.ts';

export interface CitableSource {
  n: number;
  text: string;
  /** ISO 639-1; `und` where nobody knows. */
  language: string;
}

export interface Citation {
  n: number;
  /** The statement in the answer, UTF-16 units; its marker stands at its end. */
  start: number;
  end: number;
  /** What of the source's text it rests on; null when nothing was found. */
  quote: { start: number; end: number } | null;
  verification: Verification;
}

export interface FilteredText {
  text: string;
  citations: Citation[];
}

/**
 * Reads an answer as it streams, checks each statement with a marker against the source that it names, and lets no
 * marker through that names no source. Brackets that are no markers stay as they are.
 */
export interface CitationFilter {
  push(delta: string): FilteredText;
  /** What was held back at the end of the answer. */
  flush(): FilteredText;
}

const quotation = /["“„«「『‹]([^"“”„«»「」『』‹›]{8,})["”“»」』›]/g;
const leastQuoted = 2;
/** Words that introduce a quotation, however short it is: "The report says". */
const shortIntroduction = 5;
/** What may stand behind a marker that has gone without white space before it. */
const closing = /^[\s.,;:!?)\]}»”’。，、！？]/u;

interface Judged {
  n: number;
  verdict: Verdict;
}

/** Statements of one answer that are judged; markers beyond stay unverified. */
const mostJudged = 200;

export function createCitationFilter(
  sources: readonly CitableSource[],
  background: Background,
): CitationFilter {
  const byNumber = new Map(sources.map((source) => [source.n, source]));
  const passages = new Map<number, Passage>();
  const judged = new Map<string, Judged>();
  const reader = createMarkerReader();
  const footnotes = createFootnoteReader((n) => byNumber.has(n));
  /** The end of the answer without markers, and where each of its units stands in the answer. */
  let plain = '';
  let places: number[] = [];
  let lastMarker = 0;
  let written = 0;
  let begin = 0;
  let asked = 0;
  let language = 'und';
  /** White space that a dropped marker may leave as a hole. */
  let gap = '';
  let hasDropped = false;

  function filter(pieces: readonly Piece[]): FilteredText {
    const citations: Citation[] = [];
    let out = '';
    const say = (text: string): void => {
      out += text;
      written += text.length;
    };
    for (const piece of pieces) {
      if (piece.type === 'text') {
        const lead = gap + piece.text;
        const isHole = hasDropped && closing.test(piece.text);
        const text = isHole ? piece.text : lead;
        const end = text.trimEnd().length;
        gap = text.slice(end);
        hasDropped = false;
        keep(text.slice(0, end));
        say(text.slice(0, end));
        continue;
      }
      const { numbers, isOwn } = resolve(piece);
      if (isOwn) {
        keep(gap + piece.text);
        say(gap + piece.text);
        gap = '';
        continue;
      }
      if (numbers.length === 0) {
        hasDropped = true;
        continue;
      }
      const checked = check(numbers);
      say(gap);
      gap = '';
      for (const citation of checked) {
        citations.push({ ...citation, end: written });
        say(`[${citation.n}]`);
      }
      lastMarker = plain.length;
    }
    return { text: out, citations };
  }

  /** Remembers text of the answer as it is written now. */
  function keep(text: string): void {
    for (let at = 0; at < text.length; at += 1) places.push(written + at);
    plain += text;
    const over = plain.length - 2 * longestStatement;
    if (over < longestStatement) return;
    plain = plain.slice(over);
    places = places.slice(over);
    lastMarker = Math.max(0, lastMarker - over);
    begin = Math.max(0, begin - over);
  }

  /** The sources that a marker names; `isOwn` when it is text of the answer, or of what the answer quotes. */
  function resolve({ numbers, text: bracket, otherwise }: Marker): { numbers: number[]; isOwn: boolean } {
    const known = numbers.filter((n) => byNumber.has(n));
    if (known.length > 0) return { numbers: known, isOwn: false };
    if (otherwise === 'text') return { numbers: [], isOwn: true };
    const opened = (plain.slice(-600).match(/["“„«”»]/g) ?? []).length % 2 === 1;
    return { numbers: [], isOwn: opened && sources.some(({ text }) => text.includes(bracket)) };
  }

  function check(numbers: readonly number[]): Omit<Citation, 'end'>[] {
    // Several markers behind one statement: it begins where it began for the first.
    if (!(lastMarker === plain.length && lastMarker > 0)) {
      asked += 1;
      begin = asked <= mostJudged ? beginOfStatement() : plain.length;
      if (asked <= mostJudged) language = detectLanguage(plain);
    }
    const start = begin;
    const statement = plain.slice(start);
    const at = places[start] ?? written;
    const found = new Map<number, Omit<Citation, 'end'>>();
    for (const named of numbers) {
      const { n, verdict } = judge(named, statement, language);
      if (!found.has(n))
        found.set(n, { n, start: at, quote: verdict.quote, verification: verdict.verification });
    }
    return [...found.values()];
  }

  function beginOfStatement(): number {
    const from = Math.max(0, plain.length - longestStatement);
    return from + statementStart(plain.slice(from), Math.max(0, lastMarker - from));
  }

  /** The same statement is judged once. */
  function judge(n: number, statement: string, language: string): Judged {
    const key = `${n} ${statement}`;
    const known = judged.get(key);
    if (known !== undefined) return known;
    if (asked > mostJudged) return { n, verdict: { verification: 'unverified', quote: null } };
    const verdict = judgeOne(n, statement, language);
    judged.set(key, verdict);
    return verdict;
  }

  function judgeOne(n: number, statement: string, language: string): Judged {
    const own = passageOf(n);
    const quoted = [...statement.matchAll(quotation)].filter(
      (match) => tokensOf(match[1] ?? '').length >= leastQuoted,
    );
    const last = quoted.at(-1)?.[1];
    if (last === undefined) return { n, verdict: checkStatement(statement, own, { background, language }) };
    const verdict = checkQuotation(statement, last, own);
    if (verdict !== null) return { n, verdict };
    // Right words, wrong number: the source that holds the quotation is the one that is meant.
    for (const other of byNumber.keys()) {
      const held = other === n ? null : checkQuotation(statement, last, passageOf(other));
      if (held !== null) return { n: other, verdict: held };
    }
    const checked = checkStatement(statement, own, { background, language });
    // Words in quotation marks that stand nowhere are not borne out, however near they come.
    const verification = checked.verification === 'verified' ? 'unverified' : checked.verification;
    return { n, verdict: { ...checked, verification } };
  }

  /** Null when the passage does not hold the quotation. */
  function checkQuotation(statement: string, quoted: string, passage: Passage): Verdict | null {
    const parts = quoted
      .split(/…|\.{3}|\[\.{3}\]/)
      .map(tokensOf)
      .filter(({ length }) => length > 0);
    const spans = parts.map((words) => findWords(passage.searchable, words));
    const [first] = spans;
    if (!first || spans.includes(null)) return null;
    const inside = quantitiesOf(quoted);
    if (!spans.every((span) => span === null || keepsNumbers(inside, span, passage))) return null;
    const around = statement.replace(quoted, ' ');
    const words = tokensOf(around);
    const isIntroduced = words.length <= Math.max(shortIntroduction, tokensOf(quoted).length);
    // What is said around a quotation is not borne out by it.
    if (!isIntroduced || hasNegation(words, passage.language))
      return { ...checkStatement(statement, passage, { background, language }), quote: first };
    const isTrue = quantitiesOf(around).every((one) =>
      passage.quantities.some((other) => agrees(one, other)),
    );
    if (isDeniedIn(passage, first)) return { verification: 'contradicted', quote: first };
    return { verification: isTrue ? 'verified' : 'unverified', quote: first };
  }

  function passageOf(n: number): Passage {
    const known = passages.get(n);
    if (known !== undefined) return known;
    const source = byNumber.get(n);
    const text = source?.text ?? '';
    const language = source?.language ?? 'und';
    const passage = readPassage(text, language === 'und' ? detectLanguage(text) : language);
    passages.set(n, passage);
    return passage;
  }

  return {
    push: (delta) => filter(footnotes.read(reader.push(delta), false)),
    flush() {
      const last = filter(footnotes.read(reader.flush(), true));
      const text = hasDropped ? last.text : last.text + gap;
      gap = '';
      return { text, citations: last.citations };
    },
  };
}
