import { type Client, type Document, isAlcoveError } from '@alcove/client';
import type { RecognisedWords } from './word-layer.ts';

/** Where the words of a page stand that text recognition has read; null where nobody knows. */
export type FindWords = (page: number) => Promise<RecognisedWords | null>;

/** Asks once for each page, and only about this version of the document. */
export function findWords(alcove: Client, { id, version }: Pick<Document, 'id' | 'version'>): FindWords {
  const asked = new Map<number, Promise<RecognisedWords | null>>();
  return (page) => {
    const known = asked.get(page);
    if (known) return known;
    const asking = alcove.documents.words(id, page).then(
      (words) => (words.version === version ? words.recognised : null),
      (error: unknown) => {
        if (!isAlcoveError(error)) throw error;
        // The page is shown without them, and asks again when it is drawn again.
        asked.delete(page);
        console.warn(error);
        return null;
      },
    );
    asked.set(page, asking);
    return asking;
  };
}
