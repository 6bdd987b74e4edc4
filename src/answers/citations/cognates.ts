import { normalise } from '../../indexing/normalise.ts';

/** Shorter words are alike by chance: "main" and "mais". */
const leastLetters = 5;
/** Of the longer word's letters, so many stand in the other in the same order (Melamed 1999, LCSR). */
const leastAlike = 0.7;
/** More different words than this of one sentence are not compared: pages without a full stop are no sentences. */
const mostWords = 200;

/** Spellings of one sound that languages of one script choose between. */
const spellings: readonly [RegExp, string][] = [
  [/\p{M}+/gu, ''],
  [/ı/g, 'i'],
  [/ß/g, 'ss'],
  [/ph/g, 'f'],
  [/th/g, 't'],
  [/sch|ch|ck|qu|[kq]/g, 'c'],
  [/z/g, 's'],
  [/[yj]/g, 'i'],
  [/w/g, 'v'],
  [/(.)\1/gu, '$1'],
];

/** Words as they are compared with those of another language: without accents, in one spelling. */
export function foldWords(words: readonly string[]): string[] {
  const folded = words.map((word) =>
    spellings.reduce((text, [from, to]) => text.replace(from, to), normalise(word, 'NFD')),
  );
  return [...new Set(folded)].slice(0, mostWords);
}

/** Whether one of these words may be the same word in another language; all of them folded. */
export function hasCognate(word: string, others: readonly string[]): boolean {
  return others.some((other) => areCognates(word, other));
}

function areCognates(one: string, other: string): boolean {
  if (one === other) return true;
  const longer = Math.max(one.length, other.length);
  const shorter = Math.min(one.length, other.length);
  if (shorter < leastLetters || one[0] !== other[0] || shorter < longer * leastAlike) return false;
  return commonLetters(one, other) >= longer * leastAlike;
}

/** Length of the longest common subsequence. */
function commonLetters(one: string, other: string): number {
  const row = Array.from({ length: other.length + 1 }, () => 0);
  for (const letter of one) {
    let before = 0;
    for (let at = 1; at <= other.length; at++) {
      const above = row[at]!;
      row[at] = letter === other[at - 1] ? before + 1 : Math.max(above, row[at - 1]!);
      before = above;
    }
  }
  return row[other.length]!;
}
