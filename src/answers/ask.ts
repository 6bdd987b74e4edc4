import { type Answer, maxQuestionCharacters, type Strategy } from '@alcove/contract';
import type { MessageRow, NewMessage } from '../conversations/message-store.ts';
import { ConversationScope } from '../conversations/scope.ts';
import { readPromptOfProject } from '../conversations/project-store.ts';
import { type NewConversation, readConversation } from '../conversations/store.ts';
import { defaultTitle, titleFrom } from '../conversations/title.ts';
import type { AlsoWrite } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { refuseUnknownDocuments } from '../documents/membership-store.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import type { ChatModel } from '../models/model.ts';
import { noLanguageModel } from '../models/notices.ts';
import { embeddingsUnavailable } from '../retrieval/retrieve.ts';
import { readSearchable, type SearchScope } from '../retrieval/store.ts';
import type { AnswerDeps } from './deps.ts';
import { generate } from './generate.ts';
import type { NumberedEvent, RunningAnswer } from './stream/running.ts';
import { readTurns } from './read-turns.ts';
import { startAnswer, tooManyAnswers } from './store.ts';

/** Kept with what somebody else than the owner has said. */
export interface Author {
  id: string;
  email: string | null;
}

export interface Question {
  query: string;
  /** The conversation's setting when undefined. */
  strategy: Strategy | undefined;
  /** Undefined: the server decides how much of the documents the answer may rest on. */
  topK: number | undefined;
  /** Answer from the documents or not at all; the conversation's setting when undefined. */
  docsOnly?: boolean | undefined;
  /** The message that the question continues; the conversation's active leaf when undefined. */
  parentId?: string | null | undefined;
  documentIds?: readonly string[] | undefined;
  /** A stored question of the conversation that is answered once more, beside the answer that it has. */
  again?: MessageRow | undefined;
  /** Turns that are written down between the parent and the question. */
  earlier?: readonly Pick<MessageRow, 'role' | 'content'>[] | undefined;
  model?: string | undefined;
  /** Who asks, where it is not the owner of the conversation. */
  author?: Author | undefined;
  /** Who asks may be told which settings mend what goes wrong. */
  isAdministrator?: boolean | undefined;
  /** Of the messages that are written; new ones when undefined. */
  ids?: { question: string; answer: string } | undefined;
  /** `all`: search every conversation of the user's own. */
  reach?: 'conversation' | 'all' | undefined;
}

/** Where a question is asked: in a conversation, or in one that is made together with it. */
export interface Place {
  scope: ConversationScope;
  begins: (NewConversation & { chatId?: string | undefined }) | null;
}

export interface StartedAnswer {
  conversationId: string;
  messageId: string;
  userMessageId: string;
}

/** A conversation that its first question begins, so that a refused question leaves none. */
export function newPlace(
  user: UserScope,
  conversationType: NewConversation['conversationType'],
  query: string,
  chatId?: string,
): Place {
  return {
    scope: ConversationScope.ofNew(user),
    begins: { title: titleFrom(query), conversationType, chatId },
  };
}

/**
 * Writes the question down and begins its answer, which goes on whatever becomes of the caller. Everything that could
 * refuse the question is asked before anything is written.
 * @throws AppError `conflict`, `embeddings_unavailable`, `invalid_request`, `rate_limited`, `not_found`
 */
export async function ask(
  place: Place,
  input: Question,
  deps: AnswerDeps,
  alsoWrite?: AlsoWrite<StartedAnswer>,
): Promise<StartedAnswer> {
  // A message may be longer, and an edit or a regeneration makes a question of it.
  if (input.query.length > maxQuestionCharacters) throw questionTooLong();
  const { scope } = place;
  const startedAt = performance.now();
  // Taken before anything is awaited: questions sent at once count each other.
  const atOnce = deps.limits.streamsPerUser;
  if (!deps.running.start(scope.userId, atOnce)) throw tooManyAnswers(atOnce);
  try {
    return await begin(place, input, startedAt, deps, alsoWrite);
  } finally {
    deps.running.endStart(scope.userId);
  }
}

async function begin(
  { scope, begins }: Place,
  input: Question,
  startedAt: number,
  deps: AnswerDeps,
  alsoWrite?: AlsoWrite<StartedAnswer>,
): Promise<StartedAnswer> {
  const conversation = begins === null ? await readConversation(deps.db, scope) : null;
  const settings = conversation?.settings ?? begins?.settings ?? {};
  const model = chooseModel(input.model, settings.model, deps);
  const strategy = input.strategy ?? settings.strategy ?? 'rrf_fusion';
  const projectPrompt =
    conversation === null ? null : await readPromptOfProject(deps.db, scope, conversation);
  const { again } = input;
  const earlier = (input.earlier ?? []).map((message) => ({ ...message, id: newId() }));
  const parentId = again === undefined ? input.parentId : again.parentId;
  const leaf = parentId === undefined ? (conversation?.activeLeafId ?? null) : parentId;
  const [branch, searchable] = await Promise.all([
    leaf === null ? [] : readTurns(scope, leaf, model, deps),
    readSearchable(deps.db, searchScopeOf(scope, input.reach)),
    refuseUnknownDocuments(deps.db, scope, input.documentIds ?? []),
  ]);
  const docsOnly = input.docsOnly ?? settings.docs_only === true;
  const mode = docsOnly || searchable.documents.length > 0 || searchable.pending > 0 ? 'documents' : 'llm';
  if (mode === 'documents' && strategy === 'vector' && deps.retrieval.embedding === null) {
    throw embeddingsUnavailable();
  }
  const title = conversation?.title === defaultTitle ? titleFrom(input.query) : null;
  const userMessageId = again?.id ?? input.ids?.question ?? newId();
  const messageId = input.ids?.answer ?? newId();
  const token = newId();
  const conversationId = scope.conversationId;
  const started: StartedAnswer = { conversationId, messageId, userMessageId };
  const first: NumberedEvent = {
    seq: 1,
    event: {
      type: 'message',
      conversation_id: conversationId,
      message_id: messageId,
      user_message_id: userMessageId,
      mode,
    },
  };
  await startAnswer(
    deps.db,
    { scope, messageId, token },
    {
      owner: deps.owner,
      leaseMs: deps.limits.leaseMs,
      atOnce: deps.replicas.isAlone ? null : deps.limits.streamsPerUser,
      messages:
        again === undefined
          ? below(parentId, [
              ...earlier.map(({ id, role, content }) => plain(id, role, content)),
              plain(userMessageId, 'user', input.query, input.author),
              { ...pending, id: messageId },
            ])
          : [{ ...pending, id: messageId, parentId: again.id }],
      events: [first],
      readLeaf: again?.id ?? leaf,
      begins,
      title,
      alsoWrite: alsoWrite && ((tx) => alsoWrite(tx, started)),
    },
    deps.now(),
  );
  const answer: RunningAnswer = {
    userId: scope.userId,
    conversationId,
    messageId,
    committed: [first],
    stop: new AbortController(),
    finished: Promise.resolve(),
  };
  deps.running.add(answer);
  answer.finished = generate(
    {
      scope,
      token,
      userMessageId,
      mode,
      question: input.query,
      history: [...branch, ...earlier.map(({ id, ...turn }) => ({ ...turn, messageId: id }))],
      provisionalTitle: begins?.title ?? title,
      strategy,
      topK: input.topK ?? settings.top_k,
      orders: [projectPrompt, settings.prompt].flatMap((order) => order ?? []),
      temperature: atMost(settings.temperature, deps.limits.maxTemperature),
      maxOutputTokens: settings.max_output_tokens,
      docsOnly,
      documentIds: input.documentIds,
      searchScope: searchScopeOf(scope, input.reach),
      model,
      notices: noticesOf(model, searchable),
      isAdministrator: input.isAdministrator === true,
      startedAt,
      firstSeq: 2,
    },
    answer,
    deps,
  );
  return started;
}

function questionTooLong(): AppError {
  return new AppError('invalid_request', `A question has at most ${maxQuestionCharacters} characters.`);
}

function searchScopeOf(scope: ConversationScope, reach: Question['reach']): SearchScope {
  if (reach !== 'all') return scope;
  if (scope.user.limitedTo === undefined) return scope.user;
  throw new AppError('forbidden', 'This API key is for one conversation only.');
}

/** That of the conversation while it is there, else the server's. */
export function usualModel(
  usual: string | undefined,
  { models }: Pick<AnswerDeps, 'models'>,
): ChatModel | null {
  return models.chatModels.find((model) => model.id === usual) ?? models.chat;
}

/** The one that the question names, else that of the conversation while it is there, else the server's. */
function chooseModel(
  wanted: string | undefined,
  usual: string | undefined,
  deps: AnswerDeps,
): ChatModel | null {
  if (wanted === undefined) return usualModel(usual, deps);
  const found = deps.models.chatModels.find((model) => model.id === wanted);
  if (found !== undefined) return found;
  const known = deps.models.chatModels.map((model) => model.id).join(', ');
  throw new AppError(
    'invalid_request',
    `There is no model "${wanted}" here${known === '' ? ': no language model is configured.' : `: choose one of ${known}.`}`,
  );
}

function noticesOf(model: ChatModel | null, searchable: { off: number }): string[] {
  const notices: string[] = [];
  if (model === null) {
    notices.push(noLanguageModel);
  }
  if (searchable.off > 0) notices.push(`${searchable.off} documents are switched off for this conversation.`);
  return notices;
}

const pending = { ...plain('', 'assistant', ''), status: 'streaming' as const };

/** A setting of before the operator's bound is cut to it. */
function atMost(wanted: number | undefined, bound: number): number | undefined {
  return wanted && Math.min(wanted, bound);
}

/** Each message below the one before it, the first below the parent. */
function below(
  parentId: string | null | undefined,
  [first, ...rest]: NewMessage[],
): readonly [NewMessage, ...NewMessage[]] {
  if (first === undefined) throw new Error('nothing is to be written');
  return [{ ...first, parentId }, ...rest];
}

function plain(id: string, role: MessageRow['role'], content: string, author?: Author) {
  const metadata = author === undefined ? {} : { author };
  return { id, role, content, status: 'complete' as const, metadata, metadataSource: null };
}

/** The answer as a caller that does not stream gets it. */
export function withSources(answer: Answer, include: boolean): Answer {
  return include ? answer : { ...answer, sources: [], citations: [] };
}
