import { isAlcoveError, type Client } from '@alcove/client';
import { t } from '../text/text.ts';

const questionsShown = 4;
const longestHeading = 80;
/** Passages at the beginning of a document: that is where its headings say what it is about. */
const passagesRead = 40;

/** Questions worth asking of these documents, from their own headings. */
export async function suggestQuestions(alcove: Client, documentIds: string[]): Promise<string[]> {
  try {
    const lists = await Promise.all(documentIds.map((id) => headingsOf(alcove, id)));
    const longest = Math.max(0, ...lists.map((list) => list.length));
    // One of each document in turn, so that none is left out.
    const turns = Array.from({ length: longest }, (_, at) =>
      lists.flatMap((list) => list.slice(at, at + 1)),
    ).flat();
    const headings = [...new Set(turns)].slice(0, questionsShown - 1);
    const others = [t.messages.suggestFigures, t.messages.suggestRisks];
    return [t.messages.suggestSummary, ...headings.map(t.messages.suggestAbout), ...others].slice(
      0,
      questionsShown,
    );
  } catch (error) {
    // Without them the page says the same, only less.
    if (isAlcoveError(error)) return [];
    throw error;
  }
}

async function headingsOf(alcove: Client, id: string): Promise<string[]> {
  const { chunks } = await alcove.documents.chunks(id, { limit: passagesRead });
  const found = chunks.map(({ heading }) => heading.at(-1) ?? '').filter(isTelling);
  return [...new Set(found)];
}

/** A heading of words, not a number, a date or a whole sentence. */
function isTelling(heading: string): boolean {
  return heading.length >= 5 && heading.length <= longestHeading && /\p{L}{4}/u.test(heading);
}
