import type { DocumentBuilder } from '../document-builder.ts';

/** Writes recognised text as paragraphs of the builder's page; noise without a word adds nothing. */
export function writeRecognised(text: string, builder: DocumentBuilder): void {
  if (!hasWords(text)) return;
  builder.ocr = true;
  for (const paragraph of text.split(/\n[^\S\n]*\n/)) builder.add('paragraph', joinLines(paragraph));
  builder.ocr = false;
}

/** Stains and lines of a picture come out as single letters and signs. */
export function hasWords(text: string): boolean {
  return /\p{L}{3}|\p{N}{3}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{2}/u.test(text);
}

/** A word that is parted at the end of a line is one again. */
function joinLines(paragraph: string): string {
  return paragraph
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .reduce((text, line) => {
      if (/\p{Ll}[-‐]$/u.test(text) && /^\p{Ll}/u.test(line)) return text.slice(0, -1) + line;
      return text === '' ? line : `${text} ${line}`;
    }, '');
}
