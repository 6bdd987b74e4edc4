import { AppError } from '../../errors.ts';
import type { Retrieval } from '../../retrieval/result.ts';
import type { SearchableDocument } from '../../retrieval/store.ts';
import type { AnswerDeps } from '../deps.ts';
import type { Turn } from '../read-turns.ts';
import type { EventLog } from '../stream/event-log.ts';
import { defaultTopK, type GenerationTask, type State } from './answer-record.ts';
import { type ChosenContext, chooseContext, mergedTokens } from './choose-context.ts';
import { type Frame, openFrame } from './frame.ts';
import { gather } from './gather.ts';
import { mergeNeighbours } from './merge-neighbours.ts';
import { type Plan, planAnswer } from './plan-answer.ts';
import { waitForFiles } from './wait-for-files.ts';

/**
 * From the question to what its answer will be made of: waits for files, searches, chooses what is given and fits it
 * into the model's window. What it finds on the way stands in `state`.
 * @throws AppError `context_overflow` when not even the question fits
 */
export async function prepareAnswer(
  task: GenerationTask,
  state: State,
  log: EventLog,
  deps: AnswerDeps,
  signal: AbortSignal,
): Promise<Plan> {
  const { searchScope, mode, question, history, model } = task;
  const orders = task.orders.map((content) => ({ messageId: '', role: 'system' as const, content }));
  const told = [...orders, ...history];
  /** Documents that the answer cannot rest on yet. */
  let pending = 0;
  let unread: readonly string[] = [];
  let context: ChosenContext = { chunks: [], summaryOf: [], documents: [], notices: [] };
  let frame: Frame | null = null;
  if (mode === 'documents') {
    const { strategy, documentIds } = task;
    const isHere = searchScope === task.scope;
    if (isHere) unread = await waitForFiles(task, log, deps, signal);
    const topK = task.topK ?? defaultTopK;
    state.gathered = await gather(
      searchScope,
      { question, history, strategy, topK, documentIds, model },
      deps,
      signal,
    );
    pending = isHere ? unread.length : state.gathered.retrieval.searched.pending;
    if (pending > 0) state.notices.push(notSearched(pending));
    state.notices.push(...state.gathered.notices);
    frame = frameOf(task, told, titlesOf(state), unread, deps);
    context = await contextOf(task, state.gathered.retrieval, frame, deps);
    state.notices.push(...context.notices);
    state.considered = context.chunks;
    state.documents = context.documents;
  }
  frame ??= frameOf(task, told, [], unread, deps);
  const plan = planAnswer(
    {
      mode,
      question,
      history: told,
      temperature: task.temperature,
      maxOutputTokens: task.maxOutputTokens,
      chunks: context.chunks,
      titles: titlesOf(state),
      pending,
      isSummary: context.summaryOf.length > 0,
      language: mainLanguage(state.gathered?.retrieval.searched.documents ?? []),
      background: deps.retrieval.background,
      docsOnly: task.docsOnly,
    },
    frame,
  );
  state.notices.push(...plan.notices);
  state.match = plan.match;
  if (plan.overflow) {
    const what = `The question alone does not fit into the model's context window${model === null ? '' : ` of ${model.contextWindow} tokens`}`;
    throw new AppError(
      'context_overflow',
      `${what}: shorten it, or set LLM_CONTEXT_WINDOW if the model takes more.`,
      { plain: `${what}: shorten it.` },
    );
  }
  return plan;
}

function titlesOf({ gathered }: State): string[] {
  return gathered?.retrieval.searched.documents.map((document) => document.name) ?? [];
}

function frameOf(
  { mode, question, docsOnly, model }: GenerationTask,
  history: readonly Turn[],
  titles: readonly string[],
  unread: readonly string[],
  deps: AnswerDeps,
): Frame | null {
  const largestOutput = deps.limits.maxOutputTokens;
  const input = { mode, question, titles, unread, docsOnly, largestOutput, history, now: deps.now() };
  return model && openFrame(input, model);
}

/** A search over all conversations gives passages; inside one, small or named documents may be given whole. */
async function contextOf(
  task: GenerationTask,
  retrieval: Retrieval,
  frame: Frame | null,
  deps: AnswerDeps,
): Promise<ChosenContext> {
  if (task.searchScope !== task.scope) {
    return {
      chunks: mergeNeighbours(retrieval.results, mergedTokens(task.model)),
      summaryOf: [],
      documents: [],
      notices: [],
    };
  }
  const { question, topK, documentIds } = task;
  return chooseContext(task.scope, { question, retrieval, topK, documentIds, frame }, deps);
}

function mainLanguage(documents: readonly SearchableDocument[]): string | null {
  const tokens = new Map<string, number>();
  for (const one of documents) {
    if (one.language !== null) tokens.set(one.language, (tokens.get(one.language) ?? 0) + one.tokens);
  }
  return [...tokens].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

function notSearched(pending: number): string {
  const [documents, were] = pending === 1 ? ['document is', 'was'] : ['documents are', 'were'];
  return `${pending} ${documents} still being read and ${were} not searched.`;
}
