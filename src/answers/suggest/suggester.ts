import { readConversation } from '../../conversations/store.ts';
import type { ConversationScope } from '../../conversations/scope.ts';
import { keepQuestions, readPassagesAt, readQuestions as readKept } from '../../documents/questions-store.ts';
import type { DocumentRow } from '../../documents/store.ts';
import { askWithin } from '../../models/ask-within.ts';
import type { ChatModel } from '../../models/model.ts';
import { usualModel } from '../ask.ts';
import type { AnswerDeps } from '../deps.ts';
import { type Glimpse, questionRequest, readQuestions } from './question-request.ts';

/** Questions worth asking of a document, by a model; none where there are none. */
export type Suggest = (scope: ConversationScope, document: DocumentRow) => Promise<readonly string[]>;

/** Somebody looks at an empty conversation meanwhile. */
const suggestMs = 15_000;
/** Of all passages together; of a small window a quarter. */
const mostTokens = 3_000;
/** From all over the document: a beginning alone is often a cover and a list of contents. */
const mostPassages = 10;

type Deps = Pick<AnswerDeps, 'db' | 'models' | 'suggestions' | 'log' | 'now'>;

/**
 * Asks the conversation's model once for each document, keeps what it said with the document, and joins who asks
 * meanwhile. A reply of another form is kept as none; a model that did not reply is asked the next time.
 * @param closing ends requests when the server stops
 */
export function createSuggester(deps: Deps, closing: AbortSignal): Suggest {
  const asking = new Map<string, Promise<readonly string[]>>();
  return async (scope, document) => {
    if (!deps.suggestions || document.status !== 'ready' || document.contextMode === 'off') return [];
    const key = `${scope.userId} ${scope.conversationId} ${document.id} ${document.version}`;
    const known = asking.get(key);
    if (known !== undefined) return known;
    const found = keptOrAsked(scope, document, deps, closing).finally(() => asking.delete(key));
    asking.set(key, found);
    return found;
  };
}

async function keptOrAsked(
  scope: ConversationScope,
  document: DocumentRow,
  deps: Deps,
  closing: AbortSignal,
): Promise<readonly string[]> {
  const kept = await readKept(deps.db, scope, document.id);
  if (kept !== null) return kept;
  const { settings } = await readConversation(deps.db, scope);
  const model = usualModel(settings.model, deps);
  if (model === null) return [];
  const input = questionRequest(model, await glimpse(scope, document, model, deps));
  try {
    const { text, failed, tokens } = await askWithin(model, input, suggestMs, closing);
    const questions = failed === null ? (readQuestions(text) ?? []) : null;
    if (!questions?.length)
      deps.log.debug({ documentId: document.id, failed }, 'no questions were suggested');
    await keepQuestions(deps.db, scope, document, questions, { model: model.id, ...tokens }, deps.now());
    return questions ?? [];
  } catch (error) {
    // The server stops: there is nothing to wait for.
    if (closing.aborted) return [];
    throw error;
  }
}

/** Passages from all over the document, as many as have room. */
async function glimpse(
  scope: ConversationScope,
  { id, name, title, chunkCount }: DocumentRow,
  model: ChatModel,
  { db }: Deps,
): Promise<Glimpse> {
  const count = Math.min(mostPassages, chunkCount);
  const ordinals = Array.from({ length: count }, (_, at) => Math.floor((at * chunkCount) / count));
  const passages: Glimpse['passages'] = [];
  let left = Math.min(mostTokens, Math.floor(model.contextWindow / 4));
  for (const { heading, content } of await readPassagesAt(db, scope, id, ordinals)) {
    left -= model.countTokens(content);
    if (left < 0) break;
    passages.push({ heading: heading.join(' › '), text: content });
  }
  return { name, title, passages };
}
