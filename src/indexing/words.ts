import { normalise } from './normalise.ts';

/**
 * Words of a text in order: NFKC, lower case; character bigrams in scripts that write no spaces; numbers and
 * filings in one spelling each (1,234.5 → 1234.5, FY2022 → fy 2022, 10-K → 10k). Time is linear in the length.
 */
export function splitWords(text: string): string[] {
  const out: string[] = [];
  // Most text in Latin script is ASCII, where the same words are found in half the time.
  const found = isAscii(text) ? text.toLowerCase().match(asciiPattern) : canonical(text).match(wordPattern);
  for (const word of found ?? []) {
    const first = word.charCodeAt(0);
    if (first >= firstUnspaced && unspacedStart.test(word)) pushBigrams(word, out);
    else if (isDigit(first)) out.push(shorten(canonicalNumber(word)));
    else if (isDigit(word.charCodeAt(word.length - 1)) && labelledYear.test(word))
      out.push(word.slice(0, -4), word.slice(-4));
    else out.push(shorten(word));
  }
  return out;
}

/** Korean writes spaces, but glues particles to words: bigrams find .69 of known pages first, words .60. */
const unspaced = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Khmer}\p{sc=Lao}\p{sc=Myanmar}ー`;
const wordPattern = new RegExp(
  String.raw`[${unspaced}]+|\d+(?:[.,]\d+)+|\d{1,2}-[a-z](?![\p{L}\p{N}\p{M}])|[[\p{L}\p{N}\p{M}]--[${unspaced}]]+`,
  'gv',
);
/** The same, of lower-case ASCII. */
const asciiPattern = /\d+(?:[.,]\d+)+|\d{1,2}-[a-z](?![a-z0-9])|[a-z0-9]+/g;
const unspacedStart = new RegExp(`^[${unspaced}]`, 'v');

/** U+0E01, the first Thai letter: no unspaced script begins before it. */
const firstUnspaced = 0x0e01;

/** True for a term of a script without spaces: a bigram is a phrase already. */
export function isBigram(term: string): boolean {
  return term.charCodeAt(0) >= firstUnspaced && unspacedStart.test(term);
}

/** FY2022, CY2019, H12020: text writes "fiscal 2022", the year alone meets it. */
const labelledYear = /^[a-z]{1,2}[1-4]?(?:19|20)\d\d$/;

/** Longer words are keys, hashes or attacks; their head still finds them. */
const maxWordLength = 64;

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function canonical(text: string): string {
  return normalise(text, 'NFKC')
    .toLowerCase()
    .replace(/\p{Cf}+|(?<=i)\u0307/gu, '');
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** 1,234 and 1.234 and 1234 are one term, so are 1,5 and 1.5; 1.2.3 stays as it is. */
function canonicalNumber(word: string): string {
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(word)) return word.replaceAll(',', '');
  if (/^\d{1,3}(?:\.\d{3})+(?:,\d+)?$/.test(word)) return word.replaceAll('.', '').replace(',', '.');
  return word.replaceAll(',', '.').replace('-', '');
}

function shorten(word: string): string {
  return word.length > maxWordLength ? word.slice(0, maxWordLength) : word;
}

function pushBigrams(run: string, out: string[]): void {
  const characters = Array.from(run);
  if (characters.length === 1) out.push(run);
  for (let at = 0; at + 1 < characters.length; at++) out.push(`${characters[at]}${characters[at + 1]}`);
}
