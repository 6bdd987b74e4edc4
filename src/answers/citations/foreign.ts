import { foldWords, hasCognate } from './cognates.ts';
import type { Passage, PassageSentence } from './passage.ts';
import { hasNegation, knowsNegations } from './polarity.ts';
import { agrees, type Quantity } from './quantities.ts';
import { type Token, tokensOf } from './tokens.ts';
import type { Verdict } from './verdict.ts';

/** A statement that is told apart by so little of its words is not compared by them: it is in another language. */
const foreignWords = 0.25;
/** Numbers and names that stand in a passage, whatever else is said. */
const enoughAnchors = 3;
/** Numbers, names and cognates that stand in one sentence, and what they are of all that could. */
const enoughShared = { count: 4, share: 0.4 };
const leastLetters = { name: 4, word: 5 };

const latin = new Set(
  'en af ca cs da de es et fi fr hu id it lt lv nl no pl pt ro sk sl sq sv tr vi'.split(' '),
);

export function isForeign(language: string, passage: Passage, covered: number): boolean {
  if (language === passage.language || language === 'und' || passage.language === 'und') return false;
  return covered < foreignWords || latin.has(language) !== latin.has(passage.language);
}

/**
 * In another language numbers, names and cognates are what can be compared, and nothing is contradicted by their absence.
 * @param quote what of the passage has the statement's words, for want of a sentence that shares more
 */
export function checkForeign(
  statement: string,
  language: string,
  claimed: readonly Quantity[],
  passage: Passage,
  quote: Verdict['quote'],
): Verdict {
  const found = claimed.filter((one) => passage.quantities.some((other) => agrees(one, other)));
  if (found.length < claimed.length) return { verification: 'unverified', quote };
  const tokens = tokensOf(statement);
  const names = tokens.filter((token) => isName(token, statement));
  const known = names.filter(({ text }) => passage.searchable.line.includes(` ${text} `));
  const isAnchored = found.length + known.length >= enoughAnchors && known.length * 2 >= names.length;
  const sentence = sharedSentence(statement, tokens, claimed, passage);
  const isSaid = sentence !== null && namesAreThere(names, statement, language, passage);
  const isDenied = sentence !== null && differInDenial(tokens, language, sentence, passage);
  const place = sentence === null ? quote : { start: sentence.start, end: sentence.end };
  return { verification: !isDenied && (isAnchored || isSaid) ? 'verified' : 'unverified', quote: place };
}

/** The sentence of the passage that shares most with the statement, when that is enough. */
function sharedSentence(
  statement: string,
  tokens: readonly Token[],
  claimed: readonly Quantity[],
  { sentences }: Passage,
): PassageSentence | null {
  const words = foldWords(
    tokens
      .filter(
        (token) =>
          /\p{L}/u.test(token.text) && (token.text.length >= leastLetters.word || isName(token, statement)),
      )
      .map(({ text }) => text),
  );
  let best: { sentence: PassageSentence; count: number } | null = null;
  for (const sentence of sentences) {
    const others = foldWords(sentence.tokens.map(({ text }) => text));
    const numbers = claimed.filter((one) => sentence.quantities.some((other) => agrees(one, other)));
    const count = numbers.length + words.filter((word) => hasCognate(word, others)).length;
    if (count > (best?.count ?? 0)) best = { sentence, count };
  }
  if (best === null || best.count < enoughShared.count) return null;
  return best.count >= enoughShared.share * (words.length + claimed.length) ? best.sentence : null;
}

/** Another name in its place is another statement. German writes every noun like a name. */
function namesAreThere(
  names: readonly Token[],
  statement: string,
  language: string,
  { searchable }: Passage,
): boolean {
  if (language === 'de') return true;
  const inner = names.filter(({ start }) => /[\p{L}\p{N},]\s$/u.test(statement.slice(0, start)));
  const others = foldWords(searchable.tokens.map(({ text }) => text));
  return foldWords(inner.map(({ text }) => text)).every((name) => hasCognate(name, others));
}

/** Where the negations of both languages are known, one that only one side says leaves it open. */
function differInDenial(
  tokens: readonly Token[],
  language: string,
  sentence: PassageSentence,
  passage: Passage,
): boolean {
  if (!knowsNegations(language) || !knowsNegations(passage.language)) return false;
  return hasNegation(tokens, language) !== hasNegation(sentence.tokens, passage.language);
}

function isName({ text, start }: Token, statement: string): boolean {
  return text.length >= leastLetters.name && /^\p{Lu}/u.test(statement.slice(start, start + 2));
}
