import { z } from 'zod';

/** What an answer says of one of its sources, under the number that stands in its text. */
export interface Note {
  n: number;
  name: string;
  page: number | null;
  /** At least one. */
  quotes: Quote[];
}

export interface Quote {
  /** On one line. */
  text: string;
  /** Null: no statement cites it. */
  finding: 'verified' | 'unverified' | 'contradicted' | null;
}

/** What an imported answer names. */
export interface CitedPage {
  n: number;
  name: string;
  /** https, or null. */
  url: string | null;
}

// Rows hold what earlier versions and clients put there: only what reads as this is printed.
const storedSource = z.object({
  n: z.int(),
  document_name: z.string(),
  page: z.int().nullable(),
  char_start: z.int().optional(),
  excerpt: z.string(),
  verified: z.boolean().default(false),
});
const storedCitation = z.object({
  n: z.int(),
  quote_start: z.int().nullable(),
  quote_end: z.int().nullable(),
  verification: z.enum(['verified', 'unverified', 'contradicted']),
});
const storedPage = z.object({ title: z.string().nullable(), url: z.string().nullable() });

/** The sources of an answer, in the order of their numbers, with each passage that a statement rests on. */
export function notesOf(metadata: unknown): Note[] {
  const citations = Map.groupBy(listOf(metadata, 'citations', storedCitation), ({ n }) => n);
  return listOf(metadata, 'search_results', storedSource).map((source) => ({
    n: source.n,
    name: source.document_name,
    page: source.page,
    quotes: quotesOf(source, citations.get(source.n) ?? []),
  }));
}

export function citedPagesOf(metadata: unknown): CitedPage[] {
  return listOf(metadata, 'cited', storedPage).flatMap(({ title, url }, at) => {
    const isSafe = url !== null && URL.canParse(url) && new URL(url).protocol === 'https:';
    const name = title ?? (isSafe ? url : null);
    return name === null ? [] : [{ n: at + 1, name: oneLine(name), url: isSafe ? new URL(url).href : null }];
  });
}

export function placeOf({ name, page }: Note): string {
  return page === null ? name : `${name}, page ${page}`;
}

export function findingOf({ finding }: Quote): string {
  return finding ?? 'not cited';
}

/** As names and quotations are printed. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function quotesOf(
  { excerpt, char_start: from, verified }: z.infer<typeof storedSource>,
  citations: readonly z.infer<typeof storedCitation>[],
): Quote[] {
  // Earlier versions say of their sources alone which are cited.
  if (citations.length === 0) return [{ text: oneLine(excerpt), finding: verified ? 'verified' : null }];
  const quotes = citations.map(({ quote_start: start, quote_end: end, verification }): Quote => {
    const isKnown = from !== undefined && start !== null && end !== null && start >= from;
    const quoted = isKnown ? oneLine(excerpt.slice(start - from, end - from)) : '';
    return { text: quoted === '' ? oneLine(excerpt) : quoted, finding: verification };
  });
  return [...new Map(quotes.map((quote) => [`${quote.finding} ${quote.text}`, quote])).values()];
}

function listOf<T>(metadata: unknown, name: string, form: z.ZodType<T>): T[] {
  const list = (metadata as Record<string, unknown> | null)?.[name];
  if (!Array.isArray(list)) return [];
  return list.flatMap((one) => form.safeParse(one).data ?? []);
}
