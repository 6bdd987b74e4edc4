import { basename } from 'node:path';
import { conversationOf, readLines } from './datasets.ts';
import { EvalError } from './eval-error.ts';
import { findFile, listOf, namedFile } from './folder-files.ts';

export interface Message {
  role: 'user' | 'assistant';
  content: string;
}

/** A question of a conversation, with what was said before it. */
export interface ReplayTurn {
  id: string;
  conversation: string;
  /** From 1. */
  turn: number;
  /** Oldest first. */
  history: Message[];
  question: string;
  /** A human's version that stands alone. */
  rewrite: string | null;
}

/** The turns of `conversations.jsonl`, or of a file of tasks that each bring their history. @throws EvalError without either */
export function readTurns(folder: string, tasks: string | undefined): ReplayTurn[] {
  const path =
    tasks === undefined
      ? findFile(folder, ['conversations.jsonl', 'tasks.jsonl', 'un_tasks.jsonl'])
      : namedFile(folder, '--tasks', [tasks]);
  if (path === undefined)
    throw new EvalError(`--replay needs conversations.jsonl in ${folder}: found ${listOf(folder)}.`);
  return basename(path) === 'conversations.jsonl'
    ? [...readLines<ConversationLine>(path)].flatMap(turnsOf)
    : [...readLines<TaskLine>(path)].map(turnOfTask);
}

interface Spoken {
  speaker: string;
  text: string;
}

interface ConversationLine {
  conversation_id: string;
  /** The longest stretch of the conversation's beginning that is known word by word. */
  longest_known_history: Spoken[];
  turns: {
    task_id: string;
    turn: number;
    question: string | null;
    rewrite: string | null;
    reference_answer?: string | null;
  }[];
}

interface TaskLine {
  task_id: string;
  turn: number | string;
  /** Ends with the question. */
  input: Spoken[];
}

/** Where the words of an earlier turn are not known, its question or answer is simply not there. */
function turnsOf({
  conversation_id: conversation,
  longest_known_history: known,
  turns,
}: ConversationLine): ReplayTurn[] {
  const history: Message[] = [];
  const replayed: ReplayTurn[] = [];
  for (const { task_id: id, turn, question, rewrite, reference_answer: reference } of turns) {
    const at = 2 * (turn - 1);
    if (question) replayed.push({ id, conversation, turn, history: [...history], question, rewrite });
    const said = question ?? known[at]?.text;
    const answer = known[at + 1]?.text ?? reference;
    if (said) history.push({ role: 'user', content: said });
    if (answer) history.push({ role: 'assistant', content: answer });
  }
  return replayed;
}

function turnOfTask({ task_id: id, turn, input }: TaskLine): ReplayTurn {
  const said = input.map(({ speaker, text }): Message => ({
    role: speaker === 'user' ? 'user' : 'assistant',
    content: text,
  }));
  const question = said.pop()?.content ?? '';
  return { id, conversation: conversationOf(id), turn: Number(turn), history: said, question, rewrite: null };
}
