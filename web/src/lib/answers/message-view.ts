import type { Citation, Message, Source, Verification } from '@alcove/client';

export interface StatementCounts {
  verified: number;
  unverified: number;
  contradicted: number;
}

/** Files that are being read before an answer begins. */
export interface Waiting {
  documents: number;
  /** Over all of them, 0..1. */
  progress: number;
  /** Of the first of them. */
  names: string[];
  /** When the answer goes on without those that are left, in milliseconds since 1970. */
  until: number;
}

/** What an imported answer cites: a name, and where it can be read. */
export interface CitedPage {
  name: string;
  /** https, or null. */
  url: string | null;
}

export type Match = 'direct' | 'weak' | 'none';

/** A message as the page shows it. */
export interface MessageView {
  /** Stable while a new message waits for its id. */
  key: string;
  id: string;
  role: Message['role'];
  content: string;
  /** Who said it, where that is somebody whom the conversation is shared with. */
  author: string | null;
  status: Message['status'];
  /** What the answer was made from; null for questions and where the server did not say. */
  mode: 'documents' | 'llm' | null;
  sources: Source[];
  citations: Citation[];
  /** Pages and files that an answer of another product names. */
  pages: CitedPage[];
  /** Statements that cite, by what the check found; null where nothing was checked. */
  statements: StatementCounts | null;
  /** The versions of this message, itself among them, oldest first. */
  siblings: string[];
  /** What its reader thinks of an answer. */
  rating: 'up' | 'down' | null;
  notices: string[];
  /** Why it failed, in one sentence. */
  error: string | null;
  /** True once the server gave the message its id: it can be stopped, and followed after a reload. */
  isStarted: boolean;
  isReconnecting: boolean;
  /** It is asked once the files that are on their way have arrived. */
  isSendingFiles: boolean;
  waiting: Waiting | null;
  /** How well the quotations of an answer without a language model answer; null for others. */
  match: Match | null;
  /** It ends because it was long enough, and not because it was finished. */
  isCutOff: boolean;
}

/** Which of how many messages one is, for those who do not see it; empty where that is not known. */
export type InSet = { 'aria-posinset'?: number; 'aria-setsize'?: number };

/** As many as an import keeps. */
const mostPages = 200;
const matches: readonly Match[] = ['direct', 'weak', 'none'];

export function messageView(message: Message): MessageView {
  const metadata = asRecord(message.metadata);
  const statements = asRecord(metadata.statements);
  return {
    ...blank(message.id, message.role),
    id: message.id,
    content: message.content,
    author: authorOf(metadata),
    status: message.status,
    mode: metadata.mode === 'documents' || metadata.mode === 'llm' ? metadata.mode : null,
    sources: asArray(metadata.search_results).filter(isSource),
    citations: asArray(metadata.citations).filter(isCitation),
    pages: asArray(metadata.cited).slice(0, mostPages).flatMap(pageOf),
    statements: isCounts(statements) ? statements : null,
    match: matches.find((match) => match === metadata.match) ?? null,
    siblings: message.sibling_ids,
    rating: message.feedback?.rating ?? null,
    notices: asArray(metadata.notices).filter((notice) => typeof notice === 'string'),
    error: sentenceOf(metadata.error),
    isCutOff: metadata.finish_reason === 'length',
    isStarted: true,
  };
}

/** Another answer to come, to a question that has one. */
export function nextAnswerView(): MessageView {
  return { ...blank(`new-${Date.now()}-a`, 'assistant'), status: 'streaming' };
}

/** A question just asked and the answer to come. */
export function answerView(question: string): [MessageView, MessageView] {
  const key = `new-${Date.now()}-`;
  return [
    { ...blank(`${key}q`, 'user'), content: question, status: 'complete' },
    { ...blank(`${key}a`, 'assistant'), status: 'streaming' },
  ];
}

function blank(key: string, role: Message['role']): MessageView {
  return {
    key,
    id: '',
    role,
    content: '',
    author: null,
    status: 'complete',
    mode: null,
    sources: [],
    citations: [],
    pages: [],
    statements: null,
    siblings: [],
    rating: null,
    notices: [],
    error: null,
    isStarted: false,
    isReconnecting: false,
    isSendingFiles: false,
    waiting: null,
    match: null,
    isCutOff: false,
  };
}

/** What was found of each source that the answer cites: the best of what was found of its statements. */
export function statesOf({ sources, citations }: MessageView): Map<number, Verification> {
  const order: readonly Verification[] = ['unverified', 'contradicted', 'verified'];
  const states = new Map<number, Verification>();
  // Answers of earlier versions say of their sources alone which are cited.
  for (const { n, verified } of sources) if (verified) states.set(n, 'verified');
  for (const { n, verification } of citations) {
    const known = states.get(n);
    if (known === undefined || order.indexOf(verification) > order.indexOf(known))
      states.set(n, verification);
  }
  return states;
}

/** The sources that the answer cites. */
export function citedSources(message: MessageView): Source[] {
  const states = statesOf(message);
  return message.sources.filter((source) => states.has(source.n));
}

/** What the server notices of an answer from documents that cites none. */
export const noCitation = 'No statement of this answer rests on your documents.';

/** Whether an answer that documents were searched for cites none of them. */
export function isUncited(message: MessageView): boolean {
  return message.mode === 'documents' && message.status === 'complete' && citedSources(message).length === 0;
}

/** Metadata is whatever a client stored: a name is text, and an address is one of https or none. */
function pageOf(value: unknown): CitedPage[] {
  const { title, url } = asRecord(value);
  const address = typeof url === 'string' && URL.canParse(url) ? new URL(url) : null;
  const safe = address?.protocol === 'https:' && address.username === '' ? address.href : null;
  const name = typeof title === 'string' && title.trim() !== '' ? title : safe;
  return name === null ? [] : [{ name, url: safe }];
}

function isCitation(value: unknown): value is Citation {
  const { n, start, end, quote_start, quote_end, verification } = asRecord(value);
  const isPlace = (place: unknown) => place === null || Number.isInteger(place);
  return (
    [n, start, end].every(Number.isInteger) &&
    isPlace(quote_start) &&
    isPlace(quote_end) &&
    ['verified', 'unverified', 'contradicted'].includes(String(verification))
  );
}

function isCounts(value: object): value is StatementCounts {
  const counts = asRecord(value);
  return [counts.verified, counts.unverified, counts.contradicted].every(Number.isInteger);
}

/** Metadata is whatever a client stored: only a whole source of ours may become a citation. */
function isSource(value: unknown): value is Source {
  const source = asRecord(value);
  return (
    Number.isInteger(source.n) &&
    ['document_id', 'document_name', 'chunk_id', 'excerpt'].every((key) => typeof source[key] === 'string') &&
    Number.isInteger(source.char_start) &&
    Number.isInteger(source.char_end) &&
    (source.page === null || typeof source.page === 'number') &&
    asArray(source.heading).every((part) => typeof part === 'string') &&
    typeof source.verified === 'boolean'
  );
}

/** A failed answer keeps its error as `{ code, error }`. */
function sentenceOf(value: unknown): string | null {
  const { error } = asRecord(value);
  return typeof error === 'string' ? error : null;
}

function authorOf(metadata: Record<string, unknown>): string | null {
  const { email } = asRecord(metadata.author);
  return typeof email === 'string' ? email : null;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
