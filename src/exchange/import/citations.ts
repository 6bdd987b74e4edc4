import { lineOf, textOf } from './fields.ts';

/** A page or file that an answer of another product names; never fetched. */
export interface ImportedCitation {
  title: string | null;
  /** https, or null. */
  url: string | null;
  /** Where the statement stands in the answer, where the product says it. */
  start: number | null;
  end: number | null;
}

/** More are no list that anybody reads. */
const mostCitations = 200;
const maxTitle = 300;
const maxAddress = 2_000;

/** Collects what an answer cites, each page and file once, in the order in which they are named. */
export function citedList() {
  const list: ImportedCitation[] = [];
  const places = new Map<string, number>();
  const addressOf = remembered(safeAddress);
  const nameOf = remembered((value) => lineOf(value, maxTitle) || null);
  return {
    /** Its number, from 1; null for what has neither name nor address. */
    add(title: unknown, address: unknown, start?: unknown, end?: unknown): number | null {
      const url = addressOf(address);
      const shown = nameOf(title) ?? (url === null ? nameOf(address) : null);
      if (url === null && shown === null) return null;
      const key = url ?? `name ${shown}`;
      const known = places.get(key);
      if (known !== undefined || list.length >= mostCitations) return known ?? null;
      list.push({ title: shown, url, start: placeOf(start), end: placeOf(end) });
      places.set(key, list.length);
      return list.length;
    },
    /** For the metadata of its message: nothing where nothing is cited. */
    metadata(): { cited?: ImportedCitation[] } {
      return list.length === 0 ? {} : { cited: list };
    },
  };
}

export type CitedList = ReturnType<typeof citedList>;

/** One name may stand in every passage of a file. */
function remembered(read: (value: unknown) => string | null): typeof read {
  const known = new Map<unknown, string | null>();
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const now = read(value);
    known.set(value, now);
    return now;
  };
}

function safeAddress(value: unknown): string | null {
  const text = textOf(value);
  if (text === null || text.length > maxAddress || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : null;
}

function placeOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}
