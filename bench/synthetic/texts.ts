import { englishWords } from './english.ts';
import { createRandom, type Random } from './seeded.ts';

export interface TextSource {
  /** About `words` words of sentences; a topic has a vocabulary of its own beside the common one. */
  passage(random: Random, topic: number, words: number): string;
  /** A question of a few content words of the topic. */
  question(random: Random, topic: number, words: number): string;
}

const vocabularySize = 30_000;
const topicSize = 400;
/** Every third word of a passage is its topic's. */
const topicShare = 0.33;

/** Texts whose words are as unequally frequent as those of real ones: Zipf's law over a fixed vocabulary. */
export function createTexts(seed: number): TextSource {
  const vocabulary = makeVocabulary(seed);
  const firstRare = englishWords.length;
  const common = (random: Random): string => vocabulary[zipf(random, vocabularySize)]!;
  const topical = (random: Random, topic: number): string =>
    vocabulary[
      firstRare +
        (((Math.imul(topic + 1, 7919) + Math.imul(zipf(random, topicSize), 31)) >>> 0) %
          (vocabularySize - firstRare))
    ]!;
  const word = (random: Random, topic: number): string =>
    random.next() < topicShare ? topical(random, topic) : common(random);
  return {
    passage(random, topic, words) {
      const parts: string[] = [];
      let left = words;
      while (left > 0) {
        const length = Math.min(left, 8 + random.below(18));
        let sentence = '';
        for (let at = 0; at < length; at += 1) sentence += `${at === 0 ? '' : ' '}${word(random, topic)}`;
        parts.push(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`);
        left -= length;
      }
      return parts.join(' ');
    },
    question(random, topic, words) {
      const chosen = Array.from({ length: words }, (_, at) =>
        at % 2 === 0 ? topical(random, topic) : common(random),
      );
      return `What about ${chosen.join(' ')}?`;
    },
  };
}

/** Rank from 0, with probability proportional to 1 / (rank + 1). */
function zipf(random: Random, size: number): number {
  return Math.min(size - 1, Math.floor(Math.exp(random.next() * Math.log(size + 1))) - 1);
}

const consonants = 'b c d f g h k l m n p r s t v z'.split(' ');
const vowels = 'a e i o u'.split(' ');
const endings = ['', '', 's', 'ing', 'ed', 'er', 'ation'];

function makeVocabulary(seed: number): string[] {
  const random = createRandom(seed);
  const words = new Set(englishWords);
  const ranked = [...englishWords];
  while (ranked.length < vocabularySize) {
    let word = '';
    for (let syllable = 2 + random.below(2); syllable > 0; syllable -= 1) {
      word += `${consonants[random.below(consonants.length)]}${vowels[random.below(vowels.length)]}`;
    }
    word += consonants[random.below(consonants.length)]! + endings[random.below(endings.length)]!;
    if (words.has(word)) continue;
    words.add(word);
    ranked.push(word);
  }
  return ranked;
}
