import { sentenceEnds } from './sentences.ts';

/**
 * The part of a question that asks, without its instructions ("Answer in USD millions."), its preface ("You are an
 * analyst. Answer from the balance sheet: …") and what it defines. The whole text when none of it ends in a question
 * mark: then nothing tells what asks.
 */
export function askedPart(text: string): string {
  const asking = sentencesOf(text).filter((sentence) => questionEnd.test(sentence));
  if (asking.length === 0) return text;
  const part = asking.map((sentence) => withoutPreface(sentence.trim())).join(' ');
  return part.replace(unitWish, ' ');
}

const questionEnd = /[?？؟;]["”’»)\]]*\s*$/u;

function sentencesOf(text: string): string[] {
  let start = 0;
  return sentenceEnds(text.replaceAll('\n', ' ')).map((end) => {
    const sentence = text.slice(start, end);
    start = end;
    return sentence;
  });
}

/** "(in USD millions)", "(as a %)": how the figure is to be written, not what it is of. */
const unitWish = /\((?:in|as)\s[^()]{1,80}\)/giu;

/** Before a colon, or a first clause that only says where to look. */
function withoutPreface(sentence: string): string {
  const colon = sentence.lastIndexOf(': ');
  if (colon > 0 && wordsIn(sentence.slice(colon)) >= minWords) return sentence.slice(colon + 2);
  const comma = sentence.indexOf(', ');
  const clause = sentence.slice(0, comma);
  if (comma > 0 && whereToLook.test(clause) && wordsIn(sentence.slice(comma)) >= minWords)
    return sentence.slice(comma + 2);
  return sentence;
}

const minWords = 3;
const whereToLook =
  /\b(?:information|details|line items|(?:data|figures) (?:shown|given|provided|outlined))\b/iu;

function wordsIn(text: string): number {
  return text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0;
}
