import { readBranch } from '../conversations/message-store.ts';
import { findSaid } from '../conversations/said-store.ts';
import type { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Database } from '../db/database.ts';
import { ask, type Question, type StartedAnswer } from './ask.ts';
import type { AnswerDeps } from './deps.ts';

/** What a client without ids says was said before its question. */
export interface Turn {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Answers with the same words on other branches, at most. */
const candidates = 20;

/**
 * Asks below the branch that reads as the client's history does. A history that the conversation does not hold is
 * written down with the question, as a branch of its own: the answer rests on what its reader sees, never on another
 * branch of the conversation.
 * @throws AppError as `ask` does
 */
export async function askByHistory(
  scope: ConversationScope,
  { history, ...question }: Pick<Question, 'query' | 'strategy' | 'topK'> & { history: readonly Turn[] },
  deps: AnswerDeps,
  alsoWrite?: AlsoWrite<StartedAnswer>,
): Promise<StartedAnswer> {
  const place = { scope, begins: null };
  const parentId = await findBranch(deps.db, scope, history);
  const earlier = parentId === null ? history : [];
  return ask(place, { ...question, parentId, earlier }, deps, alsoWrite);
}

/** The end of the branch that holds these turns and no others; null for a history that is not there. */
async function findBranch(
  db: Database,
  scope: ConversationScope,
  history: readonly Turn[],
): Promise<string | null> {
  const last = history.at(-1);
  if (last === undefined) return null;
  for (const leaf of await findSaid(db, scope, last, candidates)) {
    const branch = await readBranch(db, scope, leaf, history.length + 1);
    const isSame =
      branch.length === history.length &&
      branch.every(
        ({ role, content }, at) => role === history[at]?.role && content.trim() === history[at]?.content,
      );
    if (isSame) return leaf;
  }
  return null;
}
