import { languageOf } from './language-of.ts';
import { formsOf, type WordGroup } from './lexemes.ts';

export interface Range {
  start: number;
  end: number;
}

/** A word of a text where it stands. */
export interface PlacedWord extends Range {
  /** Which words of the query it is; empty for others. */
  groups: number[];
}

const wordPattern = /[\p{L}\p{N}\p{M}]+/gu;
const unspaced =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Khmer}\p{sc=Lao}\p{sc=Myanmar}]/u;

/** The words of a text in order, each with what of the query it is. */
export function placeWords(text: string, groups: readonly WordGroup[]): PlacedWord[] {
  const forms = new Map<string, number[]>();
  for (const [at, group] of groups.entries())
    for (const form of group.forms) forms.set(form, [...(forms.get(form) ?? []), at]);
  const prefixes = groups.flatMap((group, at) => (group.isPrefix ? [{ at, word: group.word }] : []));
  const language = languageOf(text);
  const known = new Map<string, number[]>();
  const groupsOf = (word: string): number[] => {
    const seen = known.get(word);
    if (seen !== undefined) return seen;
    const terms = formsOf(word, language);
    const found = new Set(terms.flatMap((term) => forms.get(term) ?? []));
    for (const { at, word: prefix } of prefixes)
      if (terms.some((term) => term.startsWith(prefix))) found.add(at);
    known.set(word, [...found]);
    return [...found];
  };
  const placed: PlacedWord[] = [];
  for (const match of text.matchAll(wordPattern)) {
    const [word] = match;
    if (unspaced.test(word)) placePairs(word, match.index, groupsOf, placed);
    else placed.push({ start: match.index, end: match.index + word.length, groups: groupsOf(word) });
  }
  return placed;
}

/** Adds the pairs of characters of a run, as the analysis takes scripts that write no spaces. A run may be as long as its text. */
function placePairs(
  run: string,
  start: number,
  groupsOf: (word: string) => number[],
  placed: PlacedWord[],
): void {
  const letters = Array.from(run);
  let at = start;
  for (const [index, letter] of letters.entries()) {
    const next = letters[index + 1] ?? '';
    if (next !== '' || letters.length === 1)
      placed.push({ start: at, end: at + letter.length + next.length, groups: groupsOf(letter + next) });
    at += letter.length;
  }
}

const snippetCharacters = 240;
const before = 60;

export interface Snippet {
  text: string;
  ranges: Range[];
}

/** The part of the text with most of the query's words, and where they stand in it. */
export function cutSnippet(
  text: string,
  words: readonly PlacedWord[],
  phrases: readonly Range[] = [],
): Snippet {
  const hits = [...words.filter(({ groups }) => groups.length > 0), ...phrases].toSorted(
    (one, other) => one.start - other.start,
  );
  const start = bestStart(hits, text);
  const from = start === 0 ? 0 : wordBorder(text, start);
  const to = Math.min(text.length, from + snippetCharacters);
  const cut = text.slice(from, to);
  const lead = cut.isWellFormed() ? cut : cut.toWellFormed();
  const ranges = hits
    .filter((hit) => hit.start >= from && hit.end <= to)
    .map((hit) => ({ start: hit.start - from, end: hit.end - from }));
  return { text: lead, ranges: joined(ranges) };
}

function bestStart(hits: readonly (Range & { groups?: number[] })[], text: string): number {
  let best = { start: 0, different: 0 };
  for (const [at, { start }] of hits.entries()) {
    if (at >= 200) break;
    const inside = hits.slice(at, at + 40).filter((hit) => hit.end <= start - before + snippetCharacters);
    const different = new Set(inside.flatMap((hit) => hit.groups ?? [-1])).size;
    if (different > best.different) best = { start, different };
  }
  return text.length <= snippetCharacters ? 0 : Math.max(0, best.start - before);
}

function wordBorder(text: string, at: number): number {
  const space = text.indexOf(' ', at);
  const begin = space === -1 || space - at > 20 ? at : space + 1;
  // Not between the halves of one character.
  return /[\uDC00-\uDFFF]/.test(text[begin] ?? '') ? begin + 1 : begin;
}

/** Ranges that touch are one mark. */
function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const range of ranges) {
    const last = all.at(-1);
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else all.push({ ...range });
  }
  return all;
}
