import type { ConversationScope } from '../../conversations/scope.ts';
import { listChunks } from '../../documents/index-store.ts';
import type { ChatModel } from '../../models/model.ts';
import type { Retrieval, RetrievedChunk } from '../../retrieval/result.ts';
import type { SearchableDocument } from '../../retrieval/store.ts';
import type { AnswerDeps } from '../deps.ts';
import { mergeNeighbours } from './merge-neighbours.ts';
import { isNamedIn, wantsSummary } from './question-intent.ts';

export interface ChosenContext {
  /** What the answer may rest on: whole documents first, in their own order, then passages by rank. */
  chunks: RetrievedChunk[];
  /** The question asks for a summary of these documents. */
  summaryOf: SearchableDocument[];
  notices: string[];
}

export interface ContextInput {
  question: string;
  retrieval: Retrieval;
  /** Set when the caller has said how many passages it wants: no more than these then, unless a document is forced. */
  topK: number | undefined;
  documentIds: readonly string[] | undefined;
  model: ChatModel | null;
}

/** Share of a model's window for documents; the rest is for the conversation and the answer. */
const windowShare = 0.6;
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
  const { question, retrieval, model } = input;
  const wantedIds = input.documentIds === undefined ? null : new Set(input.documentIds);
  const documents = retrieval.searched.documents.filter((one) => wantedIds === null || wantedIds.has(one.id));
  const notices: string[] = [];
  const isSummary = wantsSummary(
    question,
    documents.map((one) => one.name),
  );
  const summaryOf = isSummary ? namedOrAll(question, documents) : [];
  let budget = model === null ? 0 : Math.floor(model.contextWindow * windowShare);
  const whole = new Map<string, RetrievedChunk[]>();

  for (const document of model === null ? [] : inOrderOfClaim(documents, summaryOf, input.topK)) {
    if (document.tokens <= budget) {
      whole.set(document.id, await readWhole(scope, document, retrieval, deps));
      budget -= document.tokens;
    } else if (document.contextMode === 'full') {
      notices.push(
        `"${document.name}" is set to be read whole, but its ${document.tokens} tokens are ${document.tokens - budget} more than what is left of the model's window: its best passages were used.`,
      );
    }
  }
  for (const document of summaryOf.filter((one) => !whole.has(one.id))) {
    const all = await readWhole(scope, document, retrieval, deps);
    const spread = takeSpread(all, model === null ? extractiveSummaryPassages : countThatFits(all, budget));
    if (spread.length < all.length && model !== null) {
      notices.push(
        `"${document.name}" has ${document.tokens} tokens, ${document.tokens - budget} more than what is left of the model's window: the summary rests on ${spread.length} of its ${all.length} passages, spread over the whole.`,
      );
    }
    whole.set(document.id, spread);
    budget -= spread.reduce((sum, chunk) => sum + chunk.tokens, 0);
  }

  const searched = retrieval.results.filter((chunk) => !whole.has(chunk.documentId));
  const passages = summaryOf.length > 0 ? [] : mergeNeighbours(searched, mergedTokens(model));
  return { chunks: [...[...whole.values()].flat(), ...passages], summaryOf, notices };
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
  const named = documents.filter((one) => isNamedIn(question, one.name));
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

function countThatFits(chunks: readonly RetrievedChunk[], budget: number): number {
  const average = chunks.reduce((sum, chunk) => sum + chunk.tokens, 0) / Math.max(1, chunks.length);
  return Math.floor(budget / Math.max(1, average));
}
