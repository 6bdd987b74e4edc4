import { detectLanguage } from '../indexing/language.ts';

/**
 * The language of a message: English is known by its commonest words at once, for telling languages apart takes a
 * millisecond a message, which is long for hundreds of thousands of them.
 */
export function languageOf(text: string): string {
  const words =
    text
      .slice(0, sampleCharacters)
      .toLowerCase()
      .match(/[a-z']+/g) ?? [];
  const telling = words.reduce((sum, word) => sum + (englishOnly.has(word) ? 1 : 0), 0);
  const isEnglish = words.length >= leastWords && telling >= words.length * leastShare;
  const language = isEnglish ? 'en' : detectLanguage(text);
  // A few words of which nothing tells the language: most often English, else found as they are written.
  return language === 'und' ? 'en' : language;
}

const sampleCharacters = 400;
const leastWords = 4;
const leastShare = 0.06;
/** No other language of Latin script writes these often. */
const englishOnly: ReadonlySet<string> = new Set(
  "the and that with you this have they what from which would there their been has were will your can not about when who how it's i'm don't could should our its these by to it".split(
    ' ',
  ),
);
