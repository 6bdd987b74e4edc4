import { type Analyzer, createAnalyzer } from '../../indexing/analyze.ts';
import { type Quantity, quantitiesOf } from './quantities.ts';
import { splitSentences } from '../extractive/sentences.ts';
import { type Searchable, searchableOf, type Token, tokensOf } from './tokens.ts';

export interface PassageSentence {
  start: number;
  end: number;
  tokens: readonly Token[];
  terms: ReadonlySet<string>;
  quantities: readonly PlacedQuantity[];
  /** Terms of the first cell of a table's row. */
  label?: ReadonlySet<string> | undefined;
}

export interface PlacedQuantity extends Quantity {
  /** Of the cell that it stands in, from 0; null outside of tables. */
  column: number | null;
}

/** A passage as statements are compared with it. */
export interface Passage {
  language: string;
  analyze: Analyzer;
  searchable: Searchable;
  sentences: readonly PassageSentence[];
  terms: ReadonlySet<string>;
  /** Of the first rows of a table, which name its columns: they count for each row. */
  heads: readonly PlacedQuantity[];
  quantities: readonly PlacedQuantity[];
}

/** Lines of a table or list: what stands in one is no part of the next. */
const row = /\||\t|^\s*(?:[-*•]|\d{1,3}[.)])\s/;

function labelOf(line: string, analyze: (text: string) => string[]): ReadonlySet<string> | undefined {
  const [first = '', ...cells] = line.split('|');
  return cells.length === 0 ? undefined : new Set(analyze(first).filter((term) => !/^\d/.test(term)));
}

const mostHeads = 4;

export function readPassage(text: string, language: string): Passage {
  const analyze = createAnalyzer(language);
  const sentences = spansOf(text).map(({ start, end }): PassageSentence => {
    const piece = text.slice(start, end);
    return {
      start,
      end,
      tokens: tokensOf(piece),
      terms: new Set(analyze(piece)),
      label: labelOf(piece, analyze),
      quantities: quantitiesOf(piece).map((one) => ({
        ...one,
        start: one.start + start,
        end: one.end + start,
        column: columnAt(piece, one.start),
      })),
    };
  });
  const rows = sentences.filter(({ start, end }) => row.test(text.slice(start, end)));
  const body = rows.findIndex(({ quantities }) => !quantities.every(isYear));
  const head = rows.slice(0, body === -1 ? 0 : Math.min(body, mostHeads));
  return {
    language,
    analyze,
    searchable: searchableOf(text),
    sentences,
    terms: new Set(sentences.flatMap(({ terms }) => [...terms])),
    heads: head.flatMap(({ quantities }) => quantities),
    quantities: sentences.flatMap(({ quantities }) => quantities),
  };
}

function columnAt(line: string, place: number): number | null {
  return line.includes('|') ? line.slice(0, place).split('|').length - 1 : null;
}

function isYear({ values, unit, scale }: Quantity): boolean {
  const [value = 0] = values;
  return unit === null && scale === null && (value <= 31 || (value >= 1800 && value <= 2200));
}

/** Rows by themselves; the lines of a wrapped paragraph together, cut into sentences. */
function spansOf(text: string): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let open: { start: number; end: number } | null = null;
  const close = (): void => {
    if (open !== null) spans.push(...splitSentences(text, open));
    open = null;
  };
  let start = 0;
  for (const line of text.split('\n')) {
    const end = start + line.length;
    if (line.trim() === '') close();
    else if (row.test(line)) {
      close();
      spans.push({ start, end });
    } else open = { start: (open as { start: number } | null)?.start ?? start, end };
    start = end + 1;
  }
  close();
  return spans;
}
