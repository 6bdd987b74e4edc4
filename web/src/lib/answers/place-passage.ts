import type { Source } from '@alcove/client';

const contextCharacters = 200;

export interface Passage {
  before: string;
  excerpt: string;
  after: string;
}

/** Finds a source's excerpt in the text of its document; null when the text has changed since. */
export function placePassage(text: string, source: Source): Passage | null {
  const found = text.indexOf(source.excerpt, source.char_start);
  const isInRange = found >= 0 && found <= source.char_end;
  const isWhole = squeeze(text.slice(source.char_start, source.char_end)) === squeeze(source.excerpt);
  if (!isInRange && !isWhole) return null;
  const start = isInRange ? found : source.char_start;
  const end = isInRange ? found + source.excerpt.length : source.char_end;
  return {
    before: fromWordBorder(
      text.slice(Math.max(0, start - contextCharacters), start),
      start > contextCharacters,
    ),
    excerpt: text.slice(start, end),
    after: toWordBorder(text.slice(end, end + contextCharacters), end + contextCharacters < text.length),
  };
}

/** Splits a text around a quotation from it, whatever the line breaks; null when it is not in it. */
export function splitAtQuote(text: string, quote: string): [string, string, string] | null {
  const words = quote.split(/\s+/).map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const match = new RegExp(words.join('\\s+')).exec(text);
  if (!match) return null;
  const end = match.index + match[0].length;
  return [text.slice(0, match.index), match[0], text.slice(end)];
}

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function fromWordBorder(text: string, isCut: boolean): string {
  return isCut ? text.replace(/^\S*\s/, '… ') : text;
}

function toWordBorder(text: string, isCut: boolean): string {
  return isCut ? text.replace(/\s\S*$/, ' …') : text;
}
