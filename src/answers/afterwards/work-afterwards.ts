import type { GenerationTask } from '../compose/answer-record.ts';
import type { AnswerDeps } from '../deps.ts';
import { nameConversation } from './name-conversation.ts';
import { summariseBranch } from './summarise-branch.ts';

/** What a model is asked for when an answer is done, so that nobody waits for it. A failure costs nothing but itself. */
export function workAfterwards(
  task: GenerationTask,
  messageId: string,
  answer: string,
  deps: AnswerDeps,
): void {
  const { model, provisionalTitle, history, question, userMessageId } = task;
  if (model === null) return;
  const { titles, summaries } = deps.afterwards;
  if (titles && provisionalTitle !== null)
    deps.background.run((signal) => nameConversation(task, model, provisionalTitle, answer, deps, signal));
  if (!summaries) return;
  const turns = [
    ...history,
    { messageId: userMessageId, role: 'user' as const, content: question },
    { messageId, role: 'assistant' as const, content: answer },
  ];
  deps.background.run((signal) => summariseBranch(task, turns, model, deps, signal));
}
