import type { SearchPlace } from '@alcove/contract';
import { createWordAnalyzer } from '../indexing/analyze.ts';
import { detectLanguage } from '../indexing/language.ts';
import { stemmerOf } from '../indexing/stemmers.ts';
import { splitWords } from '../indexing/words.ts';
import { languageOf } from './language-of.ts';

/** Longer texts belong into documents, which are indexed passage by passage. */
const maxIndexedCharacters = 200_000;
/** A `tsvector` holds no more than a megabyte, with some bytes for each lexeme besides. */
const maxLexemeBytes = 900_000;

/**
 * What stands before every lexeme of a user: in the shared index nobody's words are neighbours of another's, so that a
 * prefix reads the user's own only. Random bits of the id, 48 or, of passages, which are the most rows by far, 24: a
 * collision costs time, never a row.
 */
export function tagOf(userId: string, place: SearchPlace): string {
  const bits = Buffer.from(userId.slice(-12), 'hex');
  return bits.subarray(0, place === 'documents' ? 3 : 6).toString('base64url');
}

/**
 * The lexemes of a text, each once: every word as written (folded), and its stem in the language of the text, which is
 * found out where nobody knows it (null) or nothing told it (`und`).
 */
export function lexemesOf(text: string, language: string | null, tag: string): string[] {
  const read = text.slice(0, maxIndexedCharacters).toWellFormed();
  const words = splitWords(read);
  const known = language === null || language === 'und' ? languageOf(read) : language;
  const found = new Set([...plain(words), ...analyzerOf(known)(words)]);
  let bytes = 0;
  return [...found].flatMap((word) => {
    bytes += Buffer.byteLength(tag) + Buffer.byteLength(word);
    return bytes > maxLexemeBytes ? [] : [tag + word];
  });
}

/** What one word of a text in this language is found by. */
export function formsOf(word: string, language: string): string[] {
  const words = splitWords(word);
  return [...plain(words), ...analyzerOf(language)(words)];
}

// Analyzers keep the stems of frequent words, which are the same for everybody.
const plain = createWordAnalyzer('und');
const analyzers = new Map<string, typeof plain>();

function analyzerOf(language: string): typeof plain {
  const analyzer = analyzers.get(language) ?? createWordAnalyzer(language);
  analyzers.set(language, analyzer);
  return analyzer;
}

/** One word of a query with every lexeme that counts as it, without the user's tag. */
export interface WordGroup {
  word: string;
  forms: string[];
  /** The word may go on. */
  isPrefix: boolean;
}

/** Words of a query are looked up one by one: a pasted page must not become thousands of lookups. */
const maxGroups = 32;

/** The words of a query, each once. What nobody has ended yet, by a space or a mark, is a prefix. */
export function groupsOf(query: string): WordGroup[] {
  const language = detectLanguage(query);
  const groups = new Map<string, WordGroup>();
  for (const word of splitWords(query)) {
    const [folded] = plain([word]);
    if (folded === undefined) continue;
    const stems = languagesFor(folded, language).map((one) => stem(word, one));
    groups.set(folded, { word: folded, forms: [...new Set([folded, ...stems])], isPrefix: false });
    if (groups.size >= maxGroups) break;
  }
  const all = [...groups.values()];
  const last = all.at(-1);
  if (last !== undefined && /[\p{L}\p{N}]$/u.test(query) && Array.from(last.word).length > 1)
    last.isPrefix = true;
  if (all.length === 1 && last !== undefined && isSingleIdeograph(last.word)) last.isPrefix = true;
  return all;
}

function stem(word: string, language: string): string {
  return plain(splitWords(stemmerOf(language)(word)))[0] ?? word;
}

/** Of a word alone the language is not known: every one that writes in its script counts. */
function languagesFor(word: string, detected: string): readonly string[] {
  if (detected !== 'und') return [detected];
  if (/^\p{sc=Latin}/u.test(word)) return latin;
  if (/^\p{sc=Cyrillic}/u.test(word)) return ['ru'];
  if (/^\p{sc=Greek}/u.test(word)) return ['el'];
  if (/^\p{sc=Arabic}/u.test(word)) return ['ar'];
  if (/^\p{sc=Devanagari}/u.test(word)) return ['hi'];
  return [];
}

const latin = 'en da de es fi fr hu id it lt nl no pt ro sv tr'.split(' ');

function isSingleIdeograph(word: string): boolean {
  return /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]$/u.test(word);
}

const leastTypoLetters = 4;
const mostTypoLetters = 24;

/** Every word at one typo from it: a letter missing, too much, wrong, or two swapped. Empty where typos are not looked for. */
export function typosOf(word: string): string[] {
  const letters = Array.from(word);
  const alphabet = alphabetOf(word);
  if (alphabet === null || letters.length < leastTypoLetters || letters.length > mostTypoLetters) return [];
  const found = new Set<string>();
  for (let at = 0; at <= letters.length; at += 1) {
    const head = letters.slice(0, at).join('');
    const [first = '', second = ''] = letters.slice(at, at + 2);
    const behind = letters.slice(at + 1).join('');
    if (first !== '') found.add(head + behind);
    if (second !== '') found.add(head + second + first + letters.slice(at + 2).join(''));
    for (const letter of alphabet) {
      found.add(head + letter + first + behind);
      if (first !== '') found.add(head + letter + behind);
    }
  }
  found.delete(word);
  return [...found];
}

/** After folding, Latin words are written with these; null for words that are no words, or in other scripts. */
function alphabetOf(word: string): string | null {
  if (/^[a-z]+$/.test(word)) return 'abcdefghijklmnopqrstuvwxyz';
  if (/^\p{sc=Cyrillic}+$/u.test(word)) return 'абвгдежзийклмнопрстуфхцчшщъыьэюя';
  if (/^\p{sc=Greek}+$/u.test(word)) return 'αβγδεζηθικλμνξοπρσςτυφχψω';
  return null;
}
