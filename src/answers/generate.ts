import type { Answer, AnswerEvent, Citation as PlacedCitation } from '@alcove/contract';
import type { ConversationScope } from '../conversations/scope.ts';
import { AppError } from '../errors.ts';
import type { FinishReason } from '../models/model.ts';
import { countTokens } from '../models/tokens.ts';
import { workAfterwards } from './afterwards/work-afterwards.ts';
import { type Citation, createCitationFilter, type FilteredText } from './citations/filter.ts';
import { placeCitation } from './citations/place.ts';
import { lookAgain } from './citations/second-look.ts';
import { type AnswerDeps, answerTopic } from './deps.ts';
import { type EventLog, openEventLog, stopRequested } from './stream/event-log.ts';
import { readingText, toSource } from './compose/gather.ts';
import { prepareAnswer } from './compose/prepare-answer.ts';
import type { RunningAnswer } from './stream/running.ts';
import type { Held } from './lease-store.ts';
import { finishAnswer, noteAnswered } from './store.ts';
import { inSpan } from '../telemetry/span.ts';
import {
  explain,
  type GenerationTask,
  messageMetadata,
  type State,
  statusOf,
  toAnswer,
  traceOf,
} from './compose/answer-record.ts';

const noCitation = 'No statement of this answer rests on your documents.';

/** How long to keep trying to write the end of an answer while the database is away. */
const finishAttempts = 20;

const finishPauseMs = 1_000;

/** Writes one answer from its retrieval to its last event. Never throws: every outcome is an event. */
export async function generate(task: GenerationTask, answer: RunningAnswer, deps: AnswerDeps): Promise<void> {
  const deadline = AbortSignal.timeout(deps.limits.answerTimeoutMs);
  const signal = AbortSignal.any([answer.stop.signal, deadline]);
  const log = openEventLog(heldOf(task, answer), answer, task.firstSeq, deps);
  const state: State = {
    gathered: null,
    considered: [],
    documents: [],
    sources: [],
    citations: [],
    citationCheck: null,
    inputTokens: 0,
    outputTokens: 0,
    notices: [...task.notices],
    match: null,
    finishReason: null,
    generateMs: null,
    firstWordMs: null,
  };
  let failure: unknown;
  try {
    await inSpan('answer', { mode: task.mode, model: task.model?.id ?? 'extractive' }, () =>
      write(task, state, log, deps, signal),
    );
  } catch (error) {
    failure = error;
  }
  await end(task, answer, state, log, deps, failure, deadline.aborted);
  if (failure === undefined) workAfterwards(task, answer.messageId, log.text, deps);
}

async function write(
  task: GenerationTask,
  state: State,
  log: EventLog,
  deps: AnswerDeps,
  signal: AbortSignal,
): Promise<void> {
  const { searchScope, mode } = task;
  const plan = await prepareAnswer(task, state, log, deps, signal);
  const versions = new Map(
    state.gathered?.retrieval.searched.documents.map(({ id, contentVersion }) => [id, contentVersion]),
  );
  state.sources = plan.chunks.map((chunk, at) => ({
    ...toSource(chunk, at + 1, versions.get(chunk.documentId)),
    // Said only where it is not self-evident: the passage may be from another conversation.
    ...(searchScope === task.scope ? {} : { conversation_id: chunk.conversationId }),
  }));
  // Copies: their marks come later, and an event never changes.
  if (mode === 'documents')
    log.append({ type: 'sources', sources: state.sources.map((source) => ({ ...source })) });
  const languages = new Map(
    state.gathered?.retrieval.searched.documents.map(({ id, language }) => [id, language]),
  );
  const citable = plan.chunks.map((chunk, at) => ({
    n: at + 1,
    text: readingText(chunk),
    language: languages.get(chunk.documentId) ?? 'und',
  }));
  const filter = createCitationFilter(citable, deps.retrieval.background);
  const started = performance.now();
  try {
    for await (const event of plan.write(signal)) {
      if (event.type === 'delta')
        emit(mode === 'llm' ? { text: event.text, citations: [] } : filter.push(event.text));
      if (event.type === 'usage') {
        state.inputTokens = event.inputTokens;
        state.outputTokens = event.outputTokens;
      }
      if (event.type === 'finish') {
        state.finishReason = event.reason;
        state.notices.push(...noticesOfEnd(event.reason));
      }
      signal.throwIfAborted();
    }
  } finally {
    if (mode === 'documents') emit(filter.flush());
    state.generateMs = performance.now() - started;
    // Not every provider counts, and none does for an answer that is stopped.
    if (state.inputTokens === 0 && log.text !== '') state.inputTokens = plan.countPrompt();
  }
  // A model can answer from memory where nothing was found; our own sentence that says so rests on nothing by itself.
  const isWritten = task.model !== null && plan.match === null;
  if (
    mode === 'documents' &&
    (isWritten || state.sources.length > 0) &&
    state.citations.length === 0 &&
    log.text.trim() !== ''
  )
    state.notices.push(noCitation);
  if (log.text.trim() === '')
    throw new AppError(
      'model_unavailable',
      'The model ended its answer without a word: ask again, or choose another model.',
    );

  if (deps.citationCheck && task.model !== null && isWritten) {
    const look = await lookAgain(log.text, state.citations, citable, task.model, signal);
    state.citationCheck = look?.trace ?? null;
    for (const { at, citation } of look?.changed ?? []) {
      const placed = announce(citation);
      if (placed !== null) state.citations[at] = placed;
    }
  }

  function emit(part: FilteredText): void {
    if (part.text !== '') {
      state.firstWordMs ??= performance.now() - task.startedAt;
      log.append({ type: 'delta', text: part.text });
    }
    for (const found of part.citations) {
      const placed = announce(found);
      if (placed !== null) state.citations.push(placed);
    }
  }

  /** Tells of a citation, or of one again that was judged anew. */
  function announce(found: Citation): PlacedCitation | null {
    const source = state.sources[found.n - 1];
    const chunk = plan.chunks[found.n - 1];
    if (source === undefined || chunk === undefined) return null;
    const citation = placeCitation(found, chunk);
    const verified = citation.verification === 'verified';
    source.verified ||= verified;
    log.append({ type: 'citation', ...citation, verified });
    return citation;
  }
}

/** Statistics and a mark for its reader: an answer is whole without them. */
async function noteAnswer(
  scope: ConversationScope,
  { sources }: Answer,
  { db, log, now }: AnswerDeps,
): Promise<void> {
  const cited = sources.flatMap(({ verified, document_id: id }) => (verified ? [id] : []));
  await noteAnswered(db, scope, cited, now()).catch((error: unknown) =>
    log.debug({ err: error }, 'it was not noted that an answer has come'),
  );
}

function heldOf({ scope, token }: GenerationTask, { messageId }: RunningAnswer): Held {
  return { scope, messageId, token };
}

/** An answer that its provider cut short must not look whole. */
function noticesOfEnd(reason: FinishReason): string[] {
  if (reason === 'length')
    return ['The answer reached the longest that the model may write here and ends early: ask it to go on.'];
  if (reason === 'content_filter') return ["The provider's content filter ended the answer early."];
  return [];
}

async function end(
  task: GenerationTask,
  answer: RunningAnswer,
  state: State,
  log: EventLog,
  deps: AnswerDeps,
  failure: unknown,
  timedOut: boolean,
): Promise<void> {
  const stopped = answer.stop.signal.reason === stopRequested;
  const status = statusOf(failure, stopped, log.text);
  if (failure !== undefined && !stopped && !(failure instanceof AppError) && !timedOut) {
    deps.log.error({ err: failure, messageId: answer.messageId }, 'an answer failed unexpectedly');
  }
  if (state.outputTokens === 0) state.outputTokens = task.model === null ? 0 : countTokens(log.text);
  state.inputTokens += state.gathered?.rewriteTokens.input ?? 0;
  state.outputTokens += state.gathered?.rewriteTokens.output ?? 0;
  state.inputTokens += state.citationCheck?.tokens.input ?? 0;
  state.outputTokens += state.citationCheck?.tokens.output ?? 0;
  const result = toAnswer(task, answer, state, log.text, status);
  const last: AnswerEvent =
    status === 'complete' || status === 'cancelled'
      ? { type: 'done', answer: result }
      : { type: 'failed', status, ...explain(failure, timedOut, task) };
  const events = await log.takeRest(last);
  const metadata = messageMetadata(
    result,
    failure === undefined || stopped ? null : explain(failure, timedOut, task),
  );
  const finished = {
    content: log.text,
    status,
    metadata,
    trace: traceOf(task, state, result.metadata),
    events: [...answer.committed, ...events],
    sources: result.sources,
    mode: task.mode,
    citations: state.citations,
    times: { totalMs: result.metadata.processing_time_ms, stages: result.metadata.timings_ms },
    model: task.model?.id ?? null,
    inputTokens: state.inputTokens,
    outputTokens: state.outputTokens,
    cacheHit: state.gathered?.retrieval.cacheHit ?? null,
  };
  const held = heldOf(task, answer);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const won = await finishAnswer(deps.db, held, finished, deps.now());
      if (won) answer.committed.push(...events);
      if (won) await noteAnswer(held.scope, result, deps);
      break;
    } catch (error) {
      deps.log.warn(
        { err: error, messageId: answer.messageId, attempt },
        'the end of an answer was not written yet',
      );
      // The reaper ends it with the text that is already committed.
      if (attempt === finishAttempts) break;
      await new Promise((resolve) => setTimeout(resolve, finishPauseMs));
    }
  }
  await log.close();
  deps.telemetry?.answered({
    mode: task.mode,
    status,
    ms: performance.now() - task.startedAt,
    firstWordMs: state.firstWordMs,
    generateMs: state.generateMs,
    tokens: { input: state.inputTokens, output: state.outputTokens },
  });
  deps.running.remove(answer.messageId);
  deps.notifier.notify(answerTopic(answer.messageId));
}
