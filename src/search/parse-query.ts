import type { SearchPlace } from '@alcove/contract';
import { AppError } from '../errors.ts';

/** What a query asks for beside its words. */
export interface SearchFilter {
  places: readonly SearchPlace[] | undefined;
  hasDocument: boolean;
  before: Date | undefined;
  after: Date | undefined;
  role: 'user' | 'assistant' | 'system' | undefined;
  tags: string[];
}

export interface ParsedQuery {
  /** The words, phrases without their quotation marks. */
  words: string;
  /** In quotation marks: found as they are written only. */
  phrases: string[];
  filter: SearchFilter;
}

const filterForm = /(?<![\p{L}\p{N}])(has|in|before|after|from|tag):("[^"]*"|\S+)/giu;
const places: Readonly<Record<string, SearchPlace>> = {
  title: 'titles',
  titles: 'titles',
  message: 'messages',
  messages: 'messages',
  document: 'documents',
  documents: 'documents',
};
const dayForm = /^(?!0000)\d{4}-\d\d-\d\d$/;

/** Reads the filters out of a query. What looks like none of them is a word. @throws AppError `invalid_request` */
export function parseQuery(query: string): ParsedQuery {
  const filter: SearchFilter = {
    places: undefined,
    hasDocument: false,
    before: undefined,
    after: undefined,
    role: undefined,
    tags: [],
  };
  const rest = query.replace(filterForm, (_whole, name: string, given: string) => {
    read(filter, name.toLowerCase(), given.replaceAll('"', ''));
    return ' ';
  });
  const phrases = [...rest.matchAll(/"([^"]+)"/g)].flatMap(([, phrase = '']) => phrase.trim() || []);
  // One that still stands at the end may be a word that is being typed.
  const words = rest.replaceAll('"', ' ').trimStart();
  const trimmed = words.trimEnd();
  // Of the white space at the end one is left: a word before it is whole.
  return { words: trimmed === words ? words : `${trimmed} `, phrases, filter };
}

function read(filter: SearchFilter, name: string, value: string): void {
  if (name === 'tag') filter.tags.push(value);
  if (name === 'has') {
    if (!/^documents?$/i.test(value)) throw unknown('has', value, 'document');
    filter.hasDocument = true;
  }
  if (name === 'in') {
    const place = places[value.toLowerCase()];
    if (place === undefined) throw unknown('in', value, 'title, message or document');
    filter.places = [...(filter.places ?? []), place];
  }
  if (name === 'from') {
    const role = value.toLowerCase();
    if (role !== 'user' && role !== 'assistant' && role !== 'system')
      throw unknown('from', value, 'user, assistant or system');
    filter.role = role;
  }
  if (name === 'before' || name === 'after') {
    const at = new Date(`${value}T00:00:00.000Z`);
    if (!dayForm.test(value) || Number.isNaN(at.getTime()))
      throw unknown(name, value, 'a day such as 2026-01-31');
    filter[name] = at;
  }
}

function unknown(name: string, value: string, known: string): AppError {
  return new AppError(
    'invalid_request',
    `"${name}:${value.slice(0, 100)}" is no filter: ${name}: takes ${known}.`,
    {
      issues: [{ path: 'q', message: `${name}: takes ${known}` }],
    },
  );
}
