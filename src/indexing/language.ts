import { createWordAnalyzer } from './analyze.ts';
import { type BackgroundTable, readBackground } from './background.ts';
import { hashTerm } from './term-hash.ts';
import { splitWords } from './words.ts';

/**
 * Language of a text as ISO 639-1, or `und` when nothing tells (numbers, code, a few words). Its script leaves
 * some languages; of those, the one whose background table finds the words least surprising. Right for every
 * paragraph and 99 % of the questions of twelve languages. Reads samples, so a long text costs no more.
 */
export function detectLanguage(text: string): string {
  const passages = sample(text);
  const candidates = languagesOf(passages);
  if (candidates.length <= 1) return candidates[0] ?? 'und';
  const words = passages.match(/\p{L}[\p{L}\p{M}]*/gu) ?? [];
  if (words.length < leastWords) return 'und';
  const split = words.map((word) => splitWords(word)[0]);
  let best = { language: 'und', score: leastScore };
  for (const language of candidates) {
    const table = background.table(language);
    if (table === undefined) continue;
    const score = familiarity(split, language, table, best.score);
    if (score !== null && score > best.score) best = { language, score };
  }
  return best.language;
}

/** Immutable data of the product, as a constant would be. */
const background = readBackground();

/** Fewer words look alike in too many languages. */
const leastWords = 4;
/** Mean log share of a word; below this the words are of no language known here. */
const leastScore = -5.5;
/** One rare word must not outweigh many common ones. */
const leastShare = 0.001;

/** Mean log share of the words in a language; null once it is known to be less than `atLeast`. */
function familiarity(
  words: readonly (string | undefined)[],
  language: string,
  table: BackgroundTable,
  atLeast: number,
): number | null {
  const analyze = createWordAnalyzer(language);
  const known = new Map<string, number>();
  const logShare = (word: string): number => {
    const share = known.get(word) ?? logShareOf(analyze([word])[0], table);
    known.set(word, share);
    return share;
  };
  // No share is above 1, so the sum only falls: the frequent words tell most languages apart.
  let bound = 0;
  for (const [word, count] of byFrequency(words)) {
    bound += count * logShare(word);
    if (bound / words.length < atLeast - rounding) return null;
  }
  return words.reduce((sum, word) => (word === undefined ? sum : sum + logShare(word)), 0) / words.length;
}

/** Far above what adding in another order may change. */
const rounding = 1e-6;

/** No term is a stop word: the most familiar of all. */
function logShareOf(term: string | undefined, table: BackgroundTable): number {
  return term === undefined ? 0 : Math.log(Math.max(leastShare, table.share(hashTerm(term))));
}

function byFrequency(words: readonly (string | undefined)[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].toSorted(([, one], [, other]) => other - one);
}

const scripts: readonly { letters: RegExp; languages: readonly string[]; weight?: number }[] = [
  {
    letters: /\p{sc=Latin}/gu,
    languages: 'en af ca cs da de es et fi fr hu id it lt lv nl no pl pt ro sk sl sq sv tr vi'.split(' '),
  },
  { letters: /\p{sc=Cyrillic}/gu, languages: ['ru', 'bg', 'mk', 'sr', 'uk'] },
  { letters: /\p{sc=Arabic}/gu, languages: ['ar', 'fa'] },
  { letters: /\p{sc=Greek}/gu, languages: ['el'] },
  { letters: /\p{sc=Hebrew}/gu, languages: ['he'] },
  { letters: /\p{sc=Devanagari}/gu, languages: ['hi'] },
  { letters: /\p{sc=Bengali}/gu, languages: ['bn'] },
  { letters: /\p{sc=Thai}/gu, languages: ['th'] },
  { letters: /\p{sc=Hangul}/gu, languages: ['ko'], weight: 2 },
  // Japanese writes Chinese characters too, Chinese never writes kana; a character is worth three letters.
  { letters: /[\p{sc=Hiragana}\p{sc=Katakana}]/gu, languages: ['ja'], weight: 8 },
  { letters: /\p{sc=Han}/gu, languages: ['zh'], weight: 3 },
];

/** Languages of the script that most of the text is in. */
function languagesOf(text: string): readonly string[] {
  let most = { amount: 0, languages: [] as readonly string[] };
  for (const { letters, languages, weight = 1 } of scripts) {
    const amount = (text.match(letters)?.length ?? 0) * weight;
    if (amount > most.amount) most = { amount, languages };
  }
  return most.languages;
}

const sampleLength = 400;
const sampleCount = 5;

/** Five passages: covers, tables and quotations in another language do not decide alone. */
function sample(text: string): string {
  if (text.length <= sampleLength * sampleCount) return text;
  const step = (text.length - sampleLength) / (sampleCount - 1);
  return Array.from({ length: sampleCount }, (_, at) => {
    const start = Math.floor(at * step);
    return text.slice(start, start + sampleLength);
  }).join('\n');
}
