import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDocuments } from '../test/formats/made-documents.ts';
import { read } from '../test/formats/read.ts';

/** How much of each format's documents is read: the share of the words of the reference that are in the text. */
export interface FormatRecall {
  format: string;
  documents: number;
  median: number;
  least: number;
}

/** Of the documents that are made for this project. */
export async function measureMade(): Promise<FormatRecall[]> {
  const recalls = new Map<string, number[]>();
  for (const { name, format, bytes, expected } of await makeDocuments()) {
    const { text } = await read(bytes, name);
    recalls.set(format, [...(recalls.get(format) ?? []), recallOf(text, expected)]);
  }
  return summarise(recalls);
}

/** Of a folder with a folder for each format, in which `NAME.expected.txt` or `.md` is the reference of `NAME`. */
export async function measureFolder(folder: string): Promise<FormatRecall[]> {
  const recalls = new Map<string, number[]>();
  for (const format of existsSync(folder) ? readdirSync(folder) : []) {
    const names = readdirSync(join(folder, format));
    for (const reference of names.filter((name) => /\.expected\.(txt|md)$/.test(name))) {
      const name = reference.replace(/\.expected\.(txt|md)$/, '');
      const document = await read(readFileSync(join(folder, format, name)), name).catch(() => ({ text: '' }));
      const expected = plainText(readFileSync(join(folder, format, reference), 'utf8'), reference);
      recalls.set(format, [...(recalls.get(format) ?? []), recallOf(document.text, expected)]);
    }
  }
  return summarise(recalls);
}

/** Each word of the reference counts as often as it is said there, and is found as often as it is in the text. */
export function recallOf(text: string, expected: string): number {
  const found = countWords(text);
  const wanted = countWords(expected);
  let all = 0;
  let there = 0;
  for (const [word, count] of wanted) {
    all += count;
    there += Math.min(count, found.get(word) ?? 0);
  }
  return all === 0 ? 1 : there / all;
}

/** Where no space parts words, each character counts: lines break anywhere there. */
const words = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[\p{L}\p{M}]+|\p{N}+/gu;

function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of text.normalize('NFKC').toLowerCase().matchAll(words))
    counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** References name the parts of the file that a text is from. Markdown's own signs are no words; addresses are not shown. */
function plainText(text: string, name: string): string {
  const shown = text.replace(/^.*\b(?:word|ppt|xl)\/[\w./]+\.xml.*$/gm, '');
  if (!name.endsWith('.md')) return shown;
  return shown
    .replace(/<!--[^>]*-->/g, ' ')
    .replace(/\]\([^)\n]*\)/g, '] ')
    .replace(/<[^>\n]*>/g, ' ');
}

export function summarise(recalls: ReadonlyMap<string, readonly number[]>): FormatRecall[] {
  return [...recalls].map(([format, values]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return {
      format,
      documents: sorted.length,
      median: sorted[Math.floor(sorted.length / 2)] ?? 0,
      least: sorted[0] ?? 0,
    };
  });
}
