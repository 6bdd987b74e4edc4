import type { ConversationSettings } from '@alcove/contract';
import { ConversationScope } from '../conversations/scope.ts';
import {
  type ConversationRow,
  insertConversation,
  type NewConversation,
  readConversation,
} from '../conversations/store.ts';
import type { AlsoWrite } from '../db/database.ts';
import { newId } from '../db/ids.ts';
import { beginWithCopies } from '../documents/begin-with-copies.ts';
import type { DocumentDeps } from '../documents/deps.ts';
import { deleteConversation } from '../documents/delete-conversation.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { builtInTemplates } from './built-in.ts';
import { insertTemplate, readTemplate, type TemplateRow } from './template-store.ts';

export interface TemplateInput {
  name: string;
  description: string | null;
  settings: ConversationSettings | undefined;
  starterQuestions: string[];
}

type Deps = Pick<DocumentDeps, 'db' | 'limits' | 'notifier' | 'now'>;

/**
 * Keeps a template with a conversation of its own for its starter documents, hidden from every list; `from` lends its
 * settings and copies of its documents. One transaction; no bytes are copied.
 * @throws AppError `quota_exceeded`
 */
export async function createTemplate(
  user: UserScope,
  input: TemplateInput,
  from: ConversationScope | null,
  deps: Deps,
  alsoWrite?: AlsoWrite<TemplateRow>,
): Promise<TemplateRow> {
  const { db, now } = deps;
  const at = now();
  const lent = from === null ? {} : (await readConversation(db, from)).settings;
  const settings = input.settings ?? withoutQuestions(lent);
  const to = ConversationScope.ofNew(user);
  const { name, description, starterQuestions } = input;
  const conversation = { title: name, conversationType: 'general', settings } as const;
  return beginWithCopies(to, conversation, from, deps, at, async (tx, { copies }) => {
    const { conversationId } = to;
    const template = { id: newId(), name, description, settings, starterQuestions, conversationId };
    const made = { ...(await insertTemplate(tx, user, template, at)), documentCount: copies.length };
    await alsoWrite?.(tx, made);
    return made;
  });
}

/** @throws AppError `not_found` */
export async function ownTemplate(
  user: UserScope,
  id: string,
  { db }: Pick<Deps, 'db'>,
): Promise<TemplateRow> {
  const row = await readTemplate(db, user, id);
  if (row === null) throw templateMissing();
  return row;
}

/** The template goes with its documents; conversations that were made of it keep theirs. */
export async function deleteTemplate(user: UserScope, id: string, deps: DocumentDeps): Promise<void> {
  const { userId, conversationId } = await ownTemplate(user, id, deps);
  await deleteConversation(
    ConversationScope.ofOwnRow(user, { userId, conversationId }),
    { permanently: true },
    deps,
  );
}

/**
 * A conversation with the settings and the questions of a template and copies of its starter documents, in one
 * transaction.
 * @throws AppError `not_found`, `quota_exceeded`
 */
export async function beginFromTemplate(
  user: UserScope,
  templateId: string,
  input: NewConversation,
  deps: Deps,
  alsoWrite?: AlsoWrite<ConversationRow>,
): Promise<ConversationRow> {
  const { db, now } = deps;
  const at = now();
  const builtIn = builtInTemplates.find(({ id }) => id === templateId);
  if (builtIn !== undefined) {
    const settings = begunWith(builtIn, input.settings);
    return insertConversation(db, user, { ...input, settings }, at, alsoWrite);
  }
  const template = await ownTemplate(user, templateId, deps);
  const { userId, conversationId } = template;
  const from = ConversationScope.ofOwnRow(user, { userId, conversationId });
  const to = ConversationScope.ofNew(user);
  const settings = begunWith(template, input.settings);
  return beginWithCopies(to, { ...input, settings }, from, deps, at, async (tx, { row }) => {
    await alsoWrite?.(tx, row);
    return row;
  });
}

/** The conversation keeps the questions: its template may change, or go. */
function begunWith(
  { settings, starterQuestions }: Pick<TemplateRow, 'settings'> & { starterQuestions: readonly string[] },
  chosen: ConversationSettings | undefined,
): ConversationSettings {
  const questions = starterQuestions.length === 0 ? {} : { starter_questions: [...starterQuestions] };
  return { ...questions, ...(chosen ?? settings) };
}

/** A template has its own. */
function withoutQuestions({ starter_questions: _, ...settings }: ConversationSettings): ConversationSettings {
  return settings;
}

function templateMissing(): AppError {
  return new AppError('not_found', 'This template does not exist.');
}
