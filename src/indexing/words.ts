/**
 * Words of a text in order: NFKC, lower case; numbers without group separators (1,234.5 → 1234.5);
 * character bigrams in scripts that write no spaces. Time is linear in the length of the text.
 */
export function splitWords(text: string): string[] {
  const out: string[] = [];
  for (const word of normalise(text).match(wordPattern) ?? []) {
    if (word.charCodeAt(0) >= firstUnspaced && unspacedStart.test(word)) {
      pushBigrams(word, out);
      continue;
    }
    out.push(startsWithDigit(word) ? canonicalNumber(word) : shorten(word));
  }
  return out;
}

/** Korean writes spaces, but glues particles to words: bigrams find .69 of known pages first, words .60. */
const unspaced = String.raw`\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}\p{sc=Khmer}\p{sc=Lao}\p{sc=Myanmar}ー`;
const wordPattern = new RegExp(
  String.raw`[${unspaced}]+|\d+(?:[.,]\d+)+|[[\p{L}\p{N}\p{M}]--[${unspaced}]]+`,
  'gv',
);
const unspacedStart = new RegExp(`^[${unspaced}]`, 'v');

/** U+0E01, the first Thai letter: no unspaced script begins before it. */
const firstUnspaced = 0x0e01;

/** Longer words are keys, hashes or attacks; their head still finds them. */
const maxWordLength = 64;

function normalise(text: string): string {
  // Canonical ordering is quadratic in a run of combining marks: 300,000 of them take a minute.
  return text
    .replace(/(\p{M}{8})\p{M}+/gu, '$1')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\p{Cf}+|(?<=i)\u0307/gu, '');
}

function startsWithDigit(word: string): boolean {
  const code = word.charCodeAt(0);
  return code >= 48 && code <= 57;
}

/** 1,234 and 1.234 and 1234 are one term, so are 1,5 and 1.5; 1.2.3 stays as it is. */
function canonicalNumber(word: string): string {
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(word)) return shorten(word.replaceAll(',', ''));
  if (/^\d{1,3}(?:\.\d{3})+(?:,\d+)?$/.test(word)) return shorten(word.replaceAll('.', '').replace(',', '.'));
  return shorten(word.replaceAll(',', '.'));
}

function shorten(word: string): string {
  return word.length > maxWordLength ? word.slice(0, maxWordLength) : word;
}

function pushBigrams(run: string, out: string[]): void {
  const characters = [...run];
  if (characters.length === 1) out.push(run);
  for (let at = 0; at + 1 < characters.length; at++) out.push(`${characters[at]}${characters[at + 1]}`);
}
