import { type Client, type Document, isAlcoveError } from '@alcove/client';
import { t } from '../text/text.ts';

const questionsShown = 4;
const headingsShown = 3;
const longestHeading = 80;
/** Passages at the beginning of a document: that is where its headings say what it is about. */
const passagesRead = 40;

export interface AboutDocuments {
  /** The first headings of each, by its id. */
  headings: Map<string, string[]>;
  /** Questions worth asking of them together, from their headings. */
  questions: string[];
}

/** What documents are about, by their own words. */
export async function aboutDocuments(
  alcove: Client,
  documents: Pick<Document, 'id' | 'title'>[],
): Promise<AboutDocuments> {
  try {
    const lists = await Promise.all(documents.map((document) => headingsOf(alcove, document)));
    const longest = Math.max(0, ...lists.map((list) => list.length));
    // One of each document in turn, so that none is left out.
    const turns = Array.from({ length: longest }, (_, at) =>
      lists.flatMap((list) => list.slice(at, at + 1)),
    ).flat();
    const headings = [...new Set(turns)].slice(0, questionsShown - 1);
    const others = [t.messages.suggestFigures, t.messages.suggestRisks];
    const all = [t.messages.suggestSummary, ...headings.map(t.messages.suggestAbout), ...others];
    return {
      headings: new Map(documents.map(({ id }, at) => [id, lists[at]?.slice(0, headingsShown) ?? []])),
      questions: all.slice(0, questionsShown),
    };
  } catch (error) {
    // Without them the page says the same, only less.
    if (isAlcoveError(error)) return { headings: new Map(), questions: [] };
    throw error;
  }
}

async function headingsOf(alcove: Client, { id, title }: Pick<Document, 'id' | 'title'>): Promise<string[]> {
  const { chunks } = await alcove.documents.chunks(id, { limit: passagesRead });
  const found = chunks.map(({ heading }) => heading.at(-1) ?? '').filter(isTelling);
  return [...new Set(found)].filter((heading) => heading !== title);
}

/** A heading of words, not a number, a date or a whole sentence. */
function isTelling(heading: string): boolean {
  return heading.length >= 5 && heading.length <= longestHeading && /\p{L}{4}/u.test(heading);
}
