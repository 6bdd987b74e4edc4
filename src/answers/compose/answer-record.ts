import type { Answer, AnswerMetadata, AnswerTrace, Citation, Source, Strategy } from '@alcove/contract';
import type { MessageRow } from '../../conversations/message-store.ts';
import type { ConversationScope } from '../../conversations/scope.ts';
import { AppError } from '../../errors.ts';
import type { ChatModel } from '../../models/model.ts';
import type { RetrievedChunk } from '../../retrieval/result.ts';
import type { SearchScope } from '../../retrieval/store.ts';
import { allTimings, type Gathered } from './gather.ts';
import { countStatements } from '../citations/place.ts';
import type { Turn } from '../read-turns.ts';
import type { RunningAnswer } from '../stream/running.ts';

export interface GenerationTask {
  scope: ConversationScope;
  /** Shown with everything that is written of the answer. */
  token: string;
  userMessageId: string;
  mode: 'documents' | 'llm';
  question: string;
  /** Earlier turns of the branch, oldest first. */
  history: readonly Turn[];
  /** The title that the question has given the conversation; null when it had one. */
  provisionalTitle: string | null;
  strategy: Strategy;
  /** Undefined: the server decides how much of the documents the model sees. */
  topK: number | undefined;
  /** What project and conversation tell the model to do. */
  orders: readonly string[];
  temperature: number | undefined;
  maxOutputTokens: number | undefined;
  docsOnly: boolean;
  documentIds?: readonly string[] | undefined;
  /** The conversation; the user when all of their conversations are searched. */
  searchScope: SearchScope;
  model: ChatModel | null;
  notices: readonly string[];
  /** Who asks may read of settings; nobody else reads what is kept of a failure. */
  isAdministrator: boolean;
  startedAt: number;
  /** The number of the first event that is still to be written. */
  firstSeq: number;
}

/** Where the answer stands; whatever happens, this is what is kept of it. */
export interface State {
  gathered: Gathered | null;
  /** Everything that the answer could have rested on; what did not fit is in the trace. */
  considered: readonly RetrievedChunk[];
  documents: AnswerTrace['documents'];
  sources: Source[];
  citations: Citation[];
  /** A model's second look at them. */
  citationCheck: AnswerTrace['citation_check'];
  inputTokens: number;
  outputTokens: number;
  notices: string[];
  match: AnswerMetadata['match'];
  finishReason: AnswerMetadata['finish_reason'];
  generateMs: number | null;
  /** From the question to the first word; null while there is none. */
  firstWordMs: number | null;
}

/** Passages that are searched for when the caller does not say how many. */
export const defaultTopK = 10;

export function statusOf(
  failure: unknown,
  stopped: boolean,
  text: string,
): Exclude<MessageRow['status'], 'streaming'> {
  if (stopped) return 'cancelled';
  if (failure === undefined) return 'complete';
  return text === '' ? 'failed' : 'incomplete';
}

export function explain(
  failure: unknown,
  timedOut: boolean,
  { isAdministrator }: Pick<GenerationTask, 'isAdministrator'>,
): { code: AppError['code']; error: string } {
  if (failure instanceof AppError) return { code: failure.code, error: failure.tell(isAdministrator) };
  if (timedOut)
    return { code: 'model_timeout', error: 'The answer took too long and was ended; what came is kept.' };
  return {
    code: 'internal',
    error: 'Something unexpected went wrong while answering; the question is kept.',
  };
}

export function toAnswer(
  task: GenerationTask,
  running: RunningAnswer,
  state: State,
  text: string,
  status: Answer['status'],
): Answer {
  const metadata: AnswerMetadata = {
    strategy: task.strategy,
    legs: state.gathered?.retrieval.legs ?? [],
    top_k: task.topK ?? defaultTopK,
    rewritten_query: state.gathered?.rewritten ?? null,
    cache_hit: state.gathered?.retrieval.cacheHit ?? false,
    processing_time_ms: Math.round(performance.now() - task.startedAt),
    timings_ms: allTimings(state.gathered, state.generateMs),
    model: task.model?.id ?? 'extractive',
    tokens: { input: state.inputTokens, output: state.outputTokens },
    notices: state.notices,
    statements: task.mode === 'documents' ? countStatements(state.citations) : null,
    match: state.match,
    finish_reason: state.finishReason,
  };
  return {
    answer: text,
    conversation_id: running.conversationId,
    message_id: running.messageId,
    user_message_id: task.userMessageId,
    mode: task.mode,
    status,
    sources: state.sources,
    citations: state.citations,
    metadata,
  };
}

/** What history shows beside the text: the founding document's `search_results`, and how the answer came about. */
export function messageMetadata(
  answer: Answer,
  error: { code: string; error: string } | null,
): Record<string, unknown> {
  return {
    search_results: answer.sources,
    citations: answer.citations,
    ...answer.metadata,
    mode: answer.mode,
    user_message_id: answer.user_message_id,
    cited: answer.sources.filter((source) => source.verified).length,
    ...(error === null ? {} : { error }),
  };
}

export type StoredTrace = Omit<AnswerTrace, 'message_id' | 'conversation_id'>;

/** Ranks and scores of each list and what was left out; no text, which stands in the message. */
export function traceOf(task: GenerationTask, state: State, metadata: AnswerMetadata): StoredTrace {
  const kept = state.sources.length;
  const retrieval = state.gathered?.retrieval;
  return {
    ...metadata,
    // Null when nothing was retrieved: it counts neither as a hit nor as a miss.
    cache_hit: retrieval?.cacheHit ?? null,
    mode: task.mode,
    ...(retrieval?.ranking() ?? { queries: [], lists: [], fused: [] }),
    documents: state.documents,
    citation_check: state.citationCheck,
    context: state.considered.map((chunk, at) => ({
      chunk_id: chunk.id,
      document_id: chunk.documentId,
      vector: chunk.vector,
      keyword: chunk.keyword,
      score: chunk.score,
      dropped: at < kept ? null : 'context_window',
    })),
  };
}
