import type { SearchHit, SearchPlace } from '@alcove/contract';
import type { Database } from '../db/database.ts';
import type { Background } from '../indexing/background.ts';
import { detectLanguage } from '../indexing/language.ts';
import { hashTerm } from '../indexing/term-hash.ts';
import type { SearchScope } from '../retrieval/store.ts';
import { ConversationScope } from '../conversations/scope.ts';
import { indexTexts } from './index-texts.ts';
import { groupsOf, tagOf, typosOf, type WordGroup } from './lexemes.ts';
import { cutSnippet, type PlacedWord, placeWords, type Range } from './marks.ts';
import { parseQuery, type SearchFilter } from './parse-query.ts';
import { firstRanking, scoreOf, weigh, type WeighedWord } from './rank.ts';
import {
  type Candidate,
  countedRows,
  countHolding,
  type FoundText,
  readCandidates,
  readExisting,
  readFound,
  readNames,
} from './search-store.ts';

export interface SearchDeps {
  db: Database;
  background: Background;
}

export interface SearchInput {
  query: string;
  places?: readonly SearchPlace[] | undefined;
  /** The ranking of earlier pages is made again: at most `rankedRows` can be paged through. */
  skip: number;
  limit: number;
}

export interface Found {
  hits: SearchHit[];
  hasMore: boolean;
  indexing: boolean;
}

/** The best of each place are read and judged by their text. */
const rankedRows = 100;
/** Rows of the rarer words are enough: what holds only words that stand everywhere is never among the best. */
const enoughRows = 800;
/** Each typo costs some 450 lookups: in a query of many unknown words only the first are mended. */
const mendedWords = 3;
const typosAtOnce = 16;
/** The rarest words of a long query say which rows are looked at. */
const tellingWords = 8;
/** A search waits for so much to be indexed that has come since. */
const batchesBefore = 2;
const everywhere: readonly SearchPlace[] = ['titles', 'messages', 'documents'];
/** A title names what a whole conversation is about. */
const titleWeight = 1.2;

/** Titles, messages and passages that hold the words of the query, best first. */
export async function search(scope: SearchScope, input: SearchInput, deps: SearchDeps): Promise<Found> {
  const user = ConversationScope.isOpened(scope) ? scope.user : scope;
  const { words, phrases, filter } = parseQuery(input.query);
  const indexing = await indexTexts(deps.db, user, { batches: batchesBefore, isInTurn: false });
  const wanted = (input.places ?? everywhere).filter((place) => filter.places?.includes(place) ?? true);
  const places = wanted.filter((place) => filter.role === undefined || place === 'messages');
  const groups = groupsOf(words);
  if (groups.length === 0) return { hits: [], hasMore: false, indexing };
  const counts = await Promise.all(
    places.map((place) => countHolding(deps.db, scope, place, queriesOf(groups, scope, place), filter)),
  );
  // A word that nothing has, in no place, is perhaps another one with a typo in it.
  const unknown = groups.filter((_, at) => counts.every((rows) => rows[at] === 0));
  const asked = { groups, unknown, filter, query: words };
  const found = await Promise.all(
    places.map((place, at) => searchPlace(scope, place, asked, counts[at] ?? [], deps)),
  );
  const judged = judge(found.flat(), groups, phrases);
  const shown = judged.slice(input.skip, input.skip + input.limit);
  return { hits: shown.map(present), hasMore: judged.length > input.skip + input.limit, indexing };
}

interface Judged {
  text: FoundText;
  words: readonly WeighedWord[];
  placed: PlacedWord[];
  phrases: Range[];
  score: number;
}

interface PlaceResult {
  texts: FoundText[];
  words: readonly WeighedWord[];
}

interface Asked {
  groups: readonly WordGroup[];
  unknown: readonly WordGroup[];
  filter: SearchFilter;
  query: string;
}

async function searchPlace(
  scope: SearchScope,
  place: SearchPlace,
  { groups, unknown, filter, query }: Asked,
  counted: readonly number[],
  { db, background }: SearchDeps,
): Promise<PlaceResult[]> {
  let forms = queriesOf(groups, scope, place);
  let rows = counted;
  const mended = await mendTypos(db, scope, place, unknown, filter);
  if (mended.size > 0) {
    const tag = tagOf(scope.userId, place);
    forms = groups.map((group, at) => (mended.has(group) ? tsqueryOf(group, tag) : (forms[at] ?? '')));
    rows = await countHolding(db, scope, place, forms, filter);
  }
  const table = background.table(languageOf(query));
  const prior = table === undefined ? 0 : priorRows;
  const words = groups.map((group, at) => {
    const share = table?.share(hashTerm(group.forms[1] ?? group.word)) ?? 0;
    return weigh(group, rows[at] ?? 0, Math.max(...rows, assumedRows), share, prior);
  });
  const telling = tellingOf(forms, words);
  const needed = neededOf(telling);
  const held = telling.map(({ form }) => form);
  const candidates = needed === null ? [] : await readCandidates(db, scope, place, needed, held, filter);
  const best: Candidate[] = firstRanking(candidates, telling).slice(0, rankedRows);
  const byKey = new Map((await readFound(db, scope, best)).map((text) => [keyOf(text), text]));
  const texts = best.flatMap((candidate) => byKey.get(keyOf(candidate)) ?? []);
  const names = place === 'documents' ? [{ texts: await readNames(db, scope, filter), words }] : [];
  return [{ texts, words }, ...names];
}

/** How many rows of everybody's language count beside the user's own. */
const priorRows = 300;
/** A history is taken to be no shorter than this. */
const assumedRows = 500;

function languageOf(query: string): string {
  const language = detectLanguage(query);
  return language === 'und' ? 'en' : language;
}

function keyOf({
  conversationId,
  id,
  ordinal,
}: Pick<Candidate, 'conversationId' | 'id' | 'ordinal'>): string {
  return `${conversationId} ${id} ${ordinal}`;
}

/** Each word with all that counts as it, as a query of PostgreSQL. */
function queriesOf(groups: readonly WordGroup[], scope: SearchScope, place: SearchPlace): string[] {
  const tag = tagOf(scope.userId, place);
  return groups.map((group) => tsqueryOf(group, tag));
}

function tsqueryOf({ word, forms, isPrefix }: WordGroup, tag: string): string {
  const all = forms.map((form) => lexeme(tag + form));
  if (isPrefix) all.push(`${lexeme(tag + word)}:*`);
  return all.join(' | ');
}

/** Gives words that nothing holds those at one typo from them that there are. @returns the words that have some */
async function mendTypos(
  db: Database,
  scope: SearchScope,
  place: SearchPlace,
  unknown: readonly WordGroup[],
  filter: SearchFilter,
): Promise<Set<WordGroup>> {
  const tag = tagOf(scope.userId, place);
  const typos = unknown.slice(0, mendedWords).map((group) => ({ group, words: typosOf(group.word) }));
  const all = typos.flatMap(({ words }) => words.map((word) => tag + word));
  if (all.length === 0) return new Set();
  const queries = Array.from({ length: Math.ceil(all.length / typosAtOnce) }, (_, at) =>
    all
      .slice(at * typosAtOnce, (at + 1) * typosAtOnce)
      .map(lexeme)
      .join(' | '),
  );
  const existing = new Set(await readExisting(db, scope, place, all, queries, filter));
  const mended = typos.filter(({ group, words }) => {
    const there = words.filter((word) => existing.has(tag + word));
    group.forms.push(...there.filter((word) => !group.forms.includes(word)));
    return there.length > 0;
  });
  return new Set(mended.map(({ group }) => group));
}

/** Words are letters and digits; quoted all the same. */
function lexeme(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

interface TellingWord extends WeighedWord {
  form: string;
}

/** The words that some row holds, the rarest first. */
function tellingOf(forms: readonly string[], words: readonly WeighedWord[]): TellingWord[] {
  return words
    .map((word, at) => ({ ...word, form: forms[at] ?? '' }))
    .filter(({ rows }) => rows > 0)
    .toSorted((one, other) => one.rows - other.rows)
    .slice(0, tellingWords);
}

/** Which rows are looked at: of the rarest words all, of words that stand everywhere those that hold all of them. */
function neededOf(rarest: readonly TellingWord[]): string | null {
  const [first] = rarest;
  if (first === undefined) return null;
  const joined = (chosen: readonly TellingWord[], operator: string): string =>
    chosen.map(({ form }) => `(${form})`).join(operator);
  if (first.rows >= countedRows) return joined(rarest, ' & ');
  let sum = 0;
  const chosen = rarest.filter(({ rows }, at) => {
    sum += rows;
    return at === 0 || sum <= enoughRows;
  });
  return joined(chosen, ' | ');
}

/** By what stands in the texts themselves; those without a phrase that was asked for are left out. */
function judge(
  found: readonly PlaceResult[],
  groups: readonly WordGroup[],
  phrases: readonly string[],
): Judged[] {
  const judged = found.flatMap(({ texts, words }) => {
    const placed = texts.map((text) => ({ text, words, placed: placeWords(text.text, groups) }));
    const mean = placed.reduce((sum, one) => sum + one.placed.length, 0) / Math.max(1, placed.length);
    return placed.flatMap((one): Judged[] => {
      const ranges = phrases.map((phrase) => rangeOf(one.text.text, phrase));
      if (ranges.includes(null)) return [];
      const places = groups.map((_, group) =>
        one.placed.flatMap((word, at) => (word.groups.includes(group) ? [at] : [])),
      );
      if (places.every((at) => at.length === 0)) return [];
      const weight = one.text.place === 'titles' ? titleWeight : 1;
      const score = weight * scoreOf(places, one.placed.length, mean, words);
      return [{ ...one, phrases: ranges.filter((range) => range !== null), score }];
    });
  });
  return judged.toSorted((one, other) => other.score - one.score);
}

function rangeOf(text: string, phrase: string): Range | null {
  const start = text.toLowerCase().indexOf(phrase.toLowerCase());
  return start === -1 ? null : { start, end: start + phrase.length };
}

const kinds = { titles: 'title', messages: 'message', documents: 'document' } as const;

function present({ text, placed, phrases, score }: Judged): SearchHit {
  const isMessage = text.place === 'messages';
  return {
    kind: kinds[text.place],
    conversation_id: text.conversationId,
    conversation_title: text.conversationTitle,
    message_id: isMessage ? text.id : null,
    role: text.role,
    document_id: text.place === 'documents' ? text.id : null,
    document_name: text.documentName,
    chunk_id: text.chunkId,
    page: text.page,
    char_start: text.charStart,
    snippet: cutSnippet(text.text, placed, phrases),
    score: Math.round(score * 10_000) / 10_000,
    created_at: text.createdAt.toISOString(),
  };
}
