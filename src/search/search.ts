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
const rankedRows = 200;
/** Rows of the rarer words are enough: what holds only words that stand everywhere is never among the best. */
const enoughRows = 2_000;
/** A search waits for so much to be indexed that has come since. */
const batchesBefore = 2;
const everywhere: readonly SearchPlace[] = ['titles', 'messages', 'documents'];
/** A title names what a whole conversation is about. */
const titleWeight = 1.2;

/** Titles, messages and passages that hold the words of the query, best first. */
export async function search(scope: SearchScope, input: SearchInput, deps: SearchDeps): Promise<Found> {
  const user = ConversationScope.isOpened(scope) ? scope.user : scope;
  const { words, phrases, filter } = parseQuery(input.query);
  const indexing = await indexTexts(deps.db, user, batchesBefore);
  const wanted = (input.places ?? everywhere).filter((place) => filter.places?.includes(place) ?? true);
  const places = wanted.filter((place) => filter.role === undefined || place === 'messages');
  const groups = groupsOf(words);
  if (groups.length === 0) return { hits: [], hasMore: false, indexing };
  const found = await Promise.all(
    places.map((place) => searchPlace(scope, place, groups, filter, words, deps)),
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

async function searchPlace(
  scope: SearchScope,
  place: SearchPlace,
  groups: readonly WordGroup[],
  filter: SearchFilter,
  query: string,
  { db, background }: SearchDeps,
): Promise<PlaceResult[]> {
  const tag = tagOf(scope.userId);
  let forms = groups.map((group) => tsqueryOf(group, tag));
  let rows = await countHolding(db, scope, place, forms, filter);
  if (rows.some((count) => count === 0)) {
    // Nothing has this word: perhaps it is another one with a typo in it.
    forms = groups.map((group, at) => (rows[at] === 0 ? withTypos(group, tag) : (forms[at] ?? '')));
    rows = await countHolding(db, scope, place, forms, filter);
  }
  const table = background.table(languageOf(query));
  const prior = table === undefined ? 0 : priorRows;
  const words = groups.map((group, at) => {
    const share = table?.share(hashTerm(group.forms[1] ?? group.word)) ?? 0;
    return weigh(group, rows[at] ?? 0, Math.max(...rows, assumedRows), share, prior);
  });
  const needed = neededOf(forms, rows);
  const candidates = needed === null ? [] : await readCandidates(db, scope, place, needed, forms, filter);
  const best: Candidate[] = firstRanking(candidates, words).slice(0, rankedRows);
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

function tsqueryOf({ word, forms, isPrefix }: WordGroup, tag: string): string {
  const all = forms.map((form) => lexeme(tag + form));
  if (isPrefix) all.push(`${lexeme(tag + word)}:*`);
  return all.join(' | ');
}

function withTypos(group: WordGroup, tag: string): string {
  const typos = typosOf(group.word);
  group.forms.push(...typos);
  return tsqueryOf(group, tag);
}

/** Words are letters and digits; quoted all the same. */
function lexeme(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Which rows are looked at: of the rarest words all, of words that stand everywhere those that hold all of them. */
function neededOf(forms: readonly string[], rows: readonly number[]): string | null {
  const held = forms.flatMap((form, at) => ((rows[at] ?? 0) > 0 ? [{ form, rows: rows[at] ?? 0 }] : []));
  const rarest = held.toSorted((one, other) => one.rows - other.rows);
  const [first] = rarest;
  if (first === undefined) return null;
  const joined = (chosen: readonly { form: string }[], operator: string): string =>
    chosen.map(({ form }) => `(${form})`).join(operator);
  if (first.rows >= countedRows) return joined(rarest, ' & ');
  let sum = 0;
  const chosen = rarest.filter(({ rows: own }, at) => {
    sum += own;
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
