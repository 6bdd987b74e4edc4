import { bindChat, chatTaken, findBoundConversation } from '../conversations/chat-binding-store.ts';
import { ConversationScope } from '../conversations/scope.ts';
import { createConversation } from '../conversations/store.ts';
import type { AlsoWrite } from '../db/database.ts';
import type { DocumentDeps } from '../documents/deps.ts';
import { readKnownHashes } from '../documents/membership-store.ts';
import { takeBackConversation } from '../documents/take-back-conversation.ts';
import { type IncomingFile, upload } from '../documents/upload.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { ask, newPlace, type Place, type Question, type StartedAnswer } from './ask.ts';
import { type ChatTurn, findQuestion, parentOfEdit } from './chat-turn.ts';
import type { AnswerDeps } from './deps.ts';

export interface Chat extends ChatTurn, Pick<Question, 'query' | 'strategy' | 'topK'> {
  /** The client's own name for the chat, or a conversation's id. */
  id: string | undefined;
  conversationId: string | undefined;
  /** The same for a request and its repeats: by it they find what was begun without an id when a process died. */
  requestName: string | undefined;
  /** Undefined: where the turn says. Null: a new root. */
  parentId: string | null | undefined;
  isRegeneration: boolean;
  files: readonly (IncomingFile & { sha256: string })[];
  /** Called when something stays of the request although its question may still be refused. */
  onChange(): void;
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Asks as chat clients do: in the conversation that the chat is, or in one that begins with it; an edit or another
 * answer goes beside what it replaces; files become documents first, and the answer waits for them.
 * @throws AppError as `ask` and `upload` do
 */
export async function askByChat(
  user: UserScope,
  chat: Chat,
  deps: AnswerDeps,
  documents: DocumentDeps,
  alsoWrite?: AlsoWrite<StartedAnswer>,
): Promise<{ scope: ConversationScope; started: StartedAnswer }> {
  const { query, strategy, topK } = chat;
  // Without files everything is one transaction, and there is nothing to find again.
  const id = chat.id ?? (chat.files.length === 0 ? undefined : chat.requestName);
  const found = await findScope(user, { ...chat, id }, deps);
  const place = found === null ? newPlace(user, 'general', query, id) : { scope: found, begins: null };
  const question = { query, strategy, topK };
  if (found !== null && chat.isRegeneration) {
    const again = await findQuestion(deps.db, found, chat);
    const repeated = { ...question, query: again.content, again };
    return { scope: found, started: await ask(place, repeated, deps, alsoWrite) };
  }
  const parentId = found === null ? undefined : await parentOf(found, chat, deps);
  const started =
    chat.files.length === 0
      ? await ask(place, { ...question, parentId }, deps, alsoWrite)
      : await askWithFiles(place, { ...question, parentId }, chat, deps, documents, alsoWrite);
  return { scope: place.scope, started };
}

/** The conversation that a chat is; null for a chat that has not begun. @throws AppError `forbidden`, of somebody else's */
export async function findChat(
  user: UserScope,
  id: string,
  deps: Pick<AnswerDeps, 'db'>,
): Promise<ConversationScope | null> {
  const bound = await findBoundConversation(deps.db, user, id);
  if (bound !== null || !uuidForm.test(id)) return bound;
  return ConversationScope.open(deps.db, user, id).catch((error: unknown) => {
    // A client may name its chats by ids of this form too.
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  });
}

async function findScope(user: UserScope, chat: Chat, deps: AnswerDeps): Promise<ConversationScope | null> {
  if (chat.conversationId !== undefined) return ConversationScope.open(deps.db, user, chat.conversationId);
  return chat.id === undefined ? null : findChat(user, chat.id, deps);
}

async function parentOf(
  scope: ConversationScope,
  chat: Chat,
  deps: AnswerDeps,
): Promise<string | null | undefined> {
  if (chat.parentId !== undefined || chat.messageId === undefined) return chat.parentId;
  return parentOfEdit(deps.db, scope, chat);
}

async function askWithFiles(
  { scope, begins }: Place,
  question: Question,
  { files, onChange }: Pick<Chat, 'files' | 'onChange'>,
  deps: AnswerDeps,
  documents: DocumentDeps,
  alsoWrite?: AlsoWrite<StartedAnswer>,
): Promise<StartedAnswer> {
  if (begins !== null) {
    const bind = begins.chatId === undefined ? [] : [bindChat(scope, begins.chatId)];
    await createConversation(deps.db, scope, begins, bind, deps.now()).catch(chatTaken);
  }
  try {
    // An edit sends the files of its question again.
    const known = await readKnownHashes(
      deps.db,
      scope,
      files.map(({ sha256 }) => sha256),
    );
    const fresh = files.filter(({ sha256 }) => !known.has(sha256));
    if (fresh.length > 0) await upload(scope, inTurn(fresh), documents);
    // In a conversation that was there before, its files stay.
    if (fresh.length > 0 && begins === null) onChange();
    return await ask({ scope, begins: null }, question, deps, alsoWrite);
  } catch (error) {
    // A refused question leaves no conversation.
    if (begins !== null && !(await takeBack(scope, documents))) onChange();
    throw error;
  }
}

/** False when something is left. The caller learns why the question was refused, not why this was. */
async function takeBack(scope: ConversationScope, documents: DocumentDeps): Promise<boolean> {
  try {
    return await takeBackConversation(scope, documents);
  } catch (error) {
    documents.log.warn({ err: error }, 'what a refused question had begun could not be taken back');
    return false;
  }
}

async function* inTurn(files: readonly IncomingFile[]): AsyncGenerator<IncomingFile> {
  yield* files;
}
