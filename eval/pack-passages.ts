import type { Passage } from './datasets.ts';
import type { SourceFile } from './collection.ts';

/** Far below what a document may hold, and few enough files for a process each. */
const passagesPerFile = 1_000;

/**
 * Passages as plain-text documents with one passage on a page (form feed), so that the page of a hit names it.
 * The file name has no word and ids stay outside: nothing but the passages' own text can be found.
 */
export function packPassages(passages: readonly Passage[]): SourceFile[] {
  const files: SourceFile[] = [];
  for (let at = 0; at < passages.length; at += passagesPerFile) {
    const part = passages.slice(at, at + passagesPerFile);
    const text = part.map(textOf).join('\n\f');
    const ids = part.map((passage) => passage.id);
    files.push({
      name: '_.txt',
      open: async () => new Blob([text], { type: 'text/plain' }),
      idOfPage: (page) => ids[page - 1],
    });
  }
  return files;
}

/** The title stands first unless the text begins with it. */
function textOf({ title, text }: Passage): string {
  const whole = title !== '' && !text.startsWith(title) ? `${title}\n${text}` : text;
  return whole.replaceAll('\f', ' ').trim();
}
