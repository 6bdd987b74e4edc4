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
/** What is longer, or not of words at all, is cut through. */
const longestWord = 40;

export interface Snippet {
  text: string;
  ranges: Range[];
}

/** The part of the text with most of the query's words, whole words alone, and where they stand in it. */
export function cutSnippet(
  text: string,
  words: readonly PlacedWord[],
  phrases: readonly Range[] = [],
): Snippet {
  const hits = [...words.filter(({ groups }) => groups.length > 0), ...phrases].toSorted(
    (one, other) => one.start - other.start,
  );
  const { from, to } = wholeWords(text, words, bestStart(hits, text));
  const lead = from > 0 ? '… ' : '';
  const cut = text.slice(from, to).toWellFormed();
  const ranges = hits
    .filter((hit) => hit.start >= from && hit.end <= to)
    .map((hit) => ({ start: hit.start - from + lead.length, end: hit.end - from + lead.length }));
  return { text: `${lead}${cut}${to < text.length ? ' …' : ''}`, ranges: joined(ranges) };
}

/** So many characters from about there on, from the begin of a word to the end of another and what closes it. */
function wholeWords(text: string, words: readonly PlacedWord[], start: number): { from: number; to: number } {
  const first = words.find((word) => word.start >= start && word.start <= start + longestWord);
  const from = start === 0 ? 0 : (first?.start ?? betweenCharacters(text, start));
  const limit = from + snippetCharacters;
  if (text.length <= limit) return { from, to: text.length };
  const last = words.findLast((word) => word.end <= limit && word.end > limit - longestWord);
  const end = last?.end ?? betweenCharacters(text, limit);
  const closing = /^[^\s\p{L}\p{N}]{1,3}(?=\s|$)/u.exec(text.slice(end, end + 4))?.[0] ?? '';
  return { from, to: end + closing.length };
}

/** `at`, or one before it where that would be in the middle of a character. */
function betweenCharacters(text: string, at: number): number {
  return /[\uDC00-\uDFFF]/.test(text[at] ?? '') ? at - 1 : at;
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
