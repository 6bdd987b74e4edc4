import { normalise } from '../../indexing/normalise.ts';

/** A word or number of a text: compared without regard to case, width, ligatures and soft hyphens. */
export interface Token {
  text: string;
  /** Range in the original, UTF-16 units. */
  start: number;
  end: number;
}

const wordPattern = /[\p{L}\p{N}\p{M}\u00ad\u200b-\u200d]+/gu;
const invisible = /[\u00ad\u200b-\u200d]/g;
/** A word that a line break parts: "exam-" and "ple" are one. */
const brokenAt = /^[-\u2010\u2011][ \t]{0,8}\n[ \t]{0,8}$/;

/** The words of a text in their order; what stands between them does not count. Linear in its length. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(wordPattern)) {
    const start = match.index;
    const end = start + match[0].length;
    const word = normalise(match[0].replace(invisible, ''), 'NFKC').toLowerCase();
    if (word === '') continue;
    const last = tokens.at(-1);
    const isRest =
      last !== undefined &&
      start - last.end < 12 &&
      /^\p{Ll}/u.test(match[0]) &&
      brokenAt.test(text.slice(last.end, start));
    if (isRest) tokens[tokens.length - 1] = { text: last.text + word, start: last.start, end };
    else tokens.push({ text: word, start, end });
  }
  return tokens;
}

/** A text whose words are looked for. */
export interface Searchable {
  text: string;
  tokens: readonly Token[];
  /** The words between single spaces, one before the first and one behind the last. */
  line: string;
  /** Where each word begins in `line`. */
  places: readonly number[];
}

export function searchableOf(text: string): Searchable {
  const tokens = tokensOf(text);
  const places: number[] = [];
  let line = ' ';
  for (const token of tokens) {
    places.push(line.length);
    line += `${token.text} `;
  }
  return { text, tokens, line, places };
}

/** A number that goes on to the left or right of a range of the text: 4,310 is not 4, nor 310. */
const digitsBefore = /\d[.,'\u2019\u00a0\u202f]$/;
const digitsAfter = /^[.,'\u2019\u00a0\u202f]\d/;

/** Where these words stand in this order, with no other between them and no number cut: the range, or null. */
export function findWords(
  { text, tokens, line, places }: Searchable,
  words: readonly Token[],
): { start: number; end: number } | null {
  if (words.length === 0) return null;
  const wanted = ` ${words.map((word) => word.text).join(' ')} `;
  for (let at = line.indexOf(wanted); at !== -1; at = line.indexOf(wanted, at + 1)) {
    const first = placeAt(places, at + 1);
    const start = tokens[first]?.start ?? 0;
    const end = tokens[first + words.length - 1]?.end ?? 0;
    const isCut =
      (/^\d/.test(text.slice(start, start + 1)) &&
        digitsBefore.test(text.slice(Math.max(0, start - 2), start))) ||
      (/\d$/.test(text.slice(end - 1, end)) && digitsAfter.test(text.slice(end, end + 2)));
    if (!isCut) return { start, end };
  }
  return null;
}

function placeAt(places: readonly number[], position: number): number {
  let from = 0;
  let to = places.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (places[middle]! < position) from = middle + 1;
    else to = middle;
  }
  return from;
}
