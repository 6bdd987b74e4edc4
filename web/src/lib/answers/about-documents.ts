import { type Client, type Document, isAlcoveError } from '@alcove/client';
import { t } from '../text/text.ts';

export const questionsShown = 4;
const headingsShown = 3;
const longestHeading = 80;
/** Passages at the beginning of a document: that is where its headings say what it is about. */
const passagesRead = 40;

export interface AboutDocuments {
  /** The first headings of each, by its id. */
  headings: Map<string, string[]>;
  /** Questions worth asking of them together: a model's, or else from their headings. */
  questions: Promise<string[]>;
}

/** What documents are about, by their own words. @param asksModel there is a model that may suggest questions */
export async function aboutDocuments(
  alcove: Client,
  documents: Pick<Document, 'id' | 'title'>[],
  asksModel: boolean,
): Promise<AboutDocuments> {
  try {
    const lists = await Promise.all(documents.map((document) => headingsOf(alcove, document)));
    return {
      headings: new Map(documents.map(({ id }, at) => [id, lists[at]?.slice(0, headingsShown) ?? []])),
      questions: questionsAbout(alcove, asksModel ? documents : [], lists),
    };
  } catch (error) {
    // Without them the page says the same, only less.
    if (isAlcoveError(error)) return { headings: new Map(), questions: Promise.resolve([]) };
    throw error;
  }
}

async function questionsAbout(
  alcove: Client,
  asked: Pick<Document, 'id'>[],
  headings: string[][],
): Promise<string[]> {
  const suggested = inTurn(
    await Promise.all(asked.slice(0, questionsShown).map(({ id }) => suggestedFor(alcove, id))),
  );
  if (suggested.length > 0) return suggested.slice(0, questionsShown);
  const about = inTurn(headings).slice(0, questionsShown - 1);
  const others = [t.messages.suggestFigures, t.messages.suggestRisks];
  return [t.messages.suggestSummary, ...about.map(t.messages.suggestAbout), ...others].slice(
    0,
    questionsShown,
  );
}

async function suggestedFor(alcove: Client, id: string): Promise<string[]> {
  try {
    return (await alcove.documents.questions(id)).questions;
  } catch (error) {
    // Headings make questions too.
    if (isAlcoveError(error)) return [];
    throw error;
  }
}

/** One of each document in turn, so that none is left out. */
function inTurn(lists: readonly string[][]): string[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const turns = Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list.slice(at, at + 1)));
  return [...new Set(turns.flat())];
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
