/**
 * A deterministic bag-of-words embedding: texts that share words, word stems or synonyms are near
 * each other, others are nearly orthogonal. Real enough to rank with, and needs no model.
 */
export function embedText(text: string, dimensions = 256, synonyms: string[][] = defaultSynonyms): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const word of wordsOf(text)) {
    const meaning = synonyms.find((group) => group.includes(word))?.[0] ?? stem(word);
    const hash = hashOf(meaning);
    // Two places with a sign each: unrelated words that share one place do not look alike.
    vector[hash % dimensions]! += hash & 0x40000000 ? 1 : -1;
    vector[(hash >>> 11) % dimensions]! += hash & 0x20000000 ? 1 : -1;
  }
  const norm = Math.hypot(...vector);
  return norm === 0 ? vector.map((_, index) => (index === 0 ? 1 : 0)) : vector.map((value) => value / norm);
}

/** The first word of a group stands for all of them. */
const defaultSynonyms = [
  ['car', 'automobile', 'vehicle'],
  ['doctor', 'physician'],
  ['salary', 'wage', 'pay'],
  ['holiday', 'vacation'],
  ['buy', 'purchase', 'acquire'],
];

const stopWords = new Set(
  'a an and are as at be by do does for from how in is it of on or that the this to was were what when where which who with'.split(
    ' ',
  ),
);

function wordsOf(text: string): string[] {
  return [...segmenter.segment(text.toLowerCase())]
    .filter(({ isWordLike, segment }) => isWordLike && !stopWords.has(segment))
    .map(({ segment }) => segment);
}

const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

function stem(word: string): string {
  return word.length > 4 ? word.replace(/(ies|ing|ed|es|s)$/, '') : word;
}

/** FNV-1a, 32 bits, with a final mix (http://www.isthe.com/chongo/tech/comp/fnv/). */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (const unit of word) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) >>> 0;
}
