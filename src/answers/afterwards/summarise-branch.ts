import { storeSummary } from '../../conversations/message-store.ts';
import type { ChatModel } from '../../models/model.ts';
import type { GenerationTask } from '../compose/answer-record.ts';
import type { AnswerDeps } from '../deps.ts';
import type { Turn } from '../read-turns.ts';
import { askInShort } from './ask-in-short.ts';

const summaryMs = 120_000;
const maxTokens = 600;
const maxTurnCharacters = 4_000;
/** Of a model's window: turns that take more than `most` are shortened to `kept`, before they do not fit beside sources. */
const share = { most: 0.15, kept: 0.07 };
/** The last exchanges are never told in short. */
const keptTurns = 4;

const instruction = `You shorten conversations. The JSON holds what was said, oldest first, perhaps with a summary of what came before. Reply with one summary of all of it and nothing else: at most 300 words, in the language of the conversation. Keep names, figures, dates, decisions, open questions and what the person asked to be remembered.`;

/** Writes the older part of a branch in short with the message that it ends at, when the branch has become long. */
export async function summariseBranch(
  task: GenerationTask,
  turns: readonly Turn[],
  model: ChatModel,
  deps: AnswerDeps,
  stop: AbortSignal,
): Promise<void> {
  const older = olderPart(turns, model);
  const last = older.at(-1);
  if (last === undefined) return;
  const said = older.map(({ role, content, isSummary }) => ({
    role: isSummary === true ? 'summary' : role,
    content: content.slice(0, maxTurnCharacters),
  }));
  const wanted = { instruction, data: said, maxTokens, deadlineMs: summaryMs };
  const summary = await askInShort(task, model, wanted, deps, stop);
  if (summary !== '') await storeSummary(deps.db, task.scope, last.messageId, summary);
}

/** What does not belong to the newest turns that stay as they are; nothing while all of it is short. */
function olderPart(all: readonly Turn[], model: ChatModel): Turn[] {
  const turns = all.filter(({ role }) => role !== 'system');
  const costs = turns.map(({ content }) => model.countTokens(content));
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  if (total <= model.contextWindow * share.most) return [];
  let kept = 0;
  let from = turns.length;
  while (
    from > 0 &&
    (turns.length - from < keptTurns || kept + (costs[from - 1] ?? 0) <= model.contextWindow * share.kept)
  ) {
    from -= 1;
    kept += costs[from] ?? 0;
  }
  const older = turns.slice(0, from);
  // A summary alone is as short as it gets.
  return older.some(({ isSummary }) => isSummary !== true) ? older : [];
}
