import type { AnswerTrace } from '@alcove/contract';
import type { ConversationScope } from '../../conversations/scope.ts';
import { listChunks } from '../../documents/index-store.ts';
import type { ChatModel } from '../../models/model.ts';
import type { Retrieval, RetrievedChunk } from '../../retrieval/result.ts';
import type { SearchableDocument } from '../../retrieval/store.ts';
import type { AnswerDeps } from '../deps.ts';
import type { Frame } from './frame.ts';
import { mergeNeighbours } from './merge-neighbours.ts';
import { namedIn, wantsSummary } from './question-intent.ts';

export interface ChosenContext {
  /** What the answer may rest on: whole documents first, in their own order, then passages by rank. */
  chunks: RetrievedChunk[];
  /** The question asks for a summary of these documents. */
  summaryOf: SearchableDocument[];
  /** How each document was given, for the trace. */
  documents: GivenDocument[];
  notices: string[];
}

export type GivenDocument = AnswerTrace['documents'][number];

export interface ContextInput {
  question: string;
  retrieval: Retrieval;
  /** Set when the caller has said how many passages it wants: no more than these then, unless a document is forced. */
  topK: number | undefined;
  documentIds: readonly string[] | undefined;
  /** The room of the model's window; null without a model. */
  frame: Frame | null;
}

/** Documents that were not asked for whole are given whole up to this: more costs more than it helps. */
const autoTokens = 12_000;
/** A summary without a model quotes the document's own sentences; more passages would not be read. */
const extractiveSummaryPassages = 12;
const chunkLimit = 5_000;

/** Decides for each document whether it is given whole or by its best passages. */
export async function chooseContext(
  scope: ConversationScope,
  input: ContextInput,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<ChosenContext> {
  const { question, retrieval, frame } = input;
  const wantedIds = input.documentIds === undefined ? null : new Set(input.documentIds);
  const documents = retrieval.searched.documents.filter((one) => wantedIds === null || wantedIds.has(one.id));
  const notices: string[] = [];
  const isSummary = wantsSummary(
    question,
    documents.map((one) => one.name),
  );
  const summaryOf = isSummary ? namedOrAll(question, documents) : [];
  let budget = frame?.window.forSources ?? 0;
  const whole = new Map<string, RetrievedChunk[]>();
  const given = new Map<string, GivenDocument>();
  const decide = (
    document: SearchableDocument,
    how: GivenDocument['given'],
    why: GivenDocument['why'],
  ): void =>
    void given.set(document.id, { document_id: document.id, document_name: document.name, given: how, why });

  const claims = frame === null ? [] : inOrderOfClaim(documents, summaryOf, input.topK);
  for (const document of claims) {
    // What stands around each passage costs tokens too: counted as it will be sent, or the end would be lost.
    const all = document.tokens > budget ? null : await readWhole(scope, document, retrieval, deps);
    const cost = all === null || frame === null ? Infinity : costOf(all, frame);
    if (all !== null && cost <= budget) {
      whole.set(document.id, all);
      budget -= cost;
      decide(document, 'whole', whyWhole(document, summaryOf));
      continue;
    }
    decide(document, 'passages', 'too_long');
    if (document.contextMode === 'full')
      notices.push(
        `"${document.name}" is set to be read whole, but its ${document.tokens} tokens are more than the ${budget} that are left of the model's window: its best passages were used.`,
      );
  }
  for (const document of summaryOf.filter((one) => !whole.has(one.id))) {
    const all = await readWhole(scope, document, retrieval, deps);
    const spread = takeSpread(
      all,
      frame === null ? extractiveSummaryPassages : countThatFits(all, budget, frame),
    );
    if (spread.length < all.length && frame !== null) {
      notices.push(
        `"${document.name}" has ${document.tokens} tokens, more than the ${budget} that are left of the model's window: the summary rests on ${spread.length} of its ${all.length} passages, spread over the whole.`,
      );
    }
    whole.set(document.id, spread);
    decide(document, spread.length < all.length ? 'spread' : 'whole', 'summary');
    budget -= frame === null ? 0 : costOf(spread, frame);
  }

  const searched = retrieval.results.filter((chunk) => !whole.has(chunk.documentId));
  const passages = summaryOf.length > 0 ? [] : mergeNeighbours(searched, mergedTokens(frame?.model ?? null));
  for (const document of documents.filter(({ id }) => !given.has(id))) {
    const isFound = passages.some((chunk) => chunk.documentId === document.id);
    decide(
      document,
      isFound ? 'passages' : 'nothing',
      document.contextMode === 'search' ? 'asked' : 'searched',
    );
  }
  return {
    chunks: [...[...whole.values()].flat(), ...passages],
    summaryOf,
    documents: [...given.values()],
    notices,
  };
}

/** How long a passage of several chunks may become: an eighth of the model's window, so that several fit beside it. */
export function mergedTokens(model: ChatModel | null): number {
  return model === null ? Infinity : Math.floor(model.contextWindow / 8);
}

/** Forced documents, then those to be summarised, then the small ones that nobody has said anything about. */
function inOrderOfClaim(
  documents: readonly SearchableDocument[],
  summaryOf: readonly SearchableDocument[],
  topK: number | undefined,
): SearchableDocument[] {
  const forced = documents.filter((one) => one.contextMode === 'full');
  const summarised = summaryOf.filter((one) => one.contextMode !== 'full');
  const rest = documents.filter((one) => one.contextMode === 'auto' && !summaryOf.includes(one));
  const tokens = rest.reduce((sum, one) => sum + one.tokens, 0);
  const chunks = rest.reduce((sum, one) => sum + one.chunkCount, 0);
  // All of the undecided ones or none: half of a set of documents whole would hide the other half.
  const fit = tokens <= autoTokens && (topK === undefined || chunks <= topK);
  return [...forced, ...summarised, ...(fit && summaryOf.length === 0 ? rest : [])];
}

function namedOrAll(question: string, documents: readonly SearchableDocument[]): SearchableDocument[] {
  const isNamed = namedIn(question);
  const named = documents.filter((one) => isNamed(one.name));
  return named.length > 0 ? named : [...documents];
}

async function readWhole(
  scope: ConversationScope,
  document: SearchableDocument,
  retrieval: Retrieval,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<RetrievedChunk[]> {
  const ranked = new Map(retrieval.results.map((chunk) => [chunk.id, chunk]));
  const rows = await listChunks(deps.db, scope, document.id, chunkLimit, -1);
  return rows.map(
    (row) =>
      ranked.get(row.id) ?? { ...row, documentName: document.name, vector: null, keyword: null, score: 0 },
  );
}

/** Evenly over the document, its first passage always among them. */
function takeSpread(chunks: readonly RetrievedChunk[], count: number): RetrievedChunk[] {
  if (count >= chunks.length) return [...chunks];
  return Array.from(
    { length: Math.max(0, count) },
    (_, at) => chunks[Math.floor((at * chunks.length) / count)],
  ).filter((chunk) => chunk !== undefined);
}

/** Longer passages than the mean may be among those that are taken: as many as surely fit. */
function countThatFits(chunks: readonly RetrievedChunk[], budget: number, frame: Frame): number {
  let count = Math.min(
    chunks.length,
    Math.floor((budget * chunks.length) / Math.max(1, costOf(chunks, frame))),
  );
  while (count > 0 && costOf(takeSpread(chunks, count), frame) > budget) count -= 1;
  return count;
}

function costOf(chunks: readonly RetrievedChunk[], frame: Frame): number {
  return chunks.reduce((sum, chunk) => sum + frame.costOf(chunk), 0);
}

function whyWhole(
  document: SearchableDocument,
  summaryOf: readonly SearchableDocument[],
): GivenDocument['why'] {
  if (document.contextMode === 'full') return 'asked';
  return summaryOf.includes(document) ? 'summary' : 'small';
}
