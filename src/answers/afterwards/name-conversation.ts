import { replaceTitle } from '../../conversations/store.ts';
import { cutTitle } from '../../conversations/title.ts';
import type { ChatModel } from '../../models/model.ts';
import type { GenerationTask } from '../compose/answer-record.ts';
import type { AnswerDeps } from '../deps.ts';
import { askInShort } from './ask-in-short.ts';

const titleMs = 30_000;
/** Of which a title takes 60: the rest is for thoughts of a model whose name does not tell that it thinks. */
const maxTokens = 1_000;
/** The beginnings of question and answer tell what a conversation is about. */
const maxCharacters = 2_000;

const instruction = `You name conversations. The JSON holds a question and the beginning of its answer. Reply with a title for them and nothing else: two to seven words, in the language of the question, without quotation marks and without a full stop.`;

/** Puts a title by the model in the place of the question's first words, unless a person has named the conversation. */
export async function nameConversation(
  task: GenerationTask,
  model: ChatModel,
  provisional: string,
  answer: string,
  deps: AnswerDeps,
  stop: AbortSignal,
): Promise<void> {
  const { scope, question } = task;
  const data = { question: question.slice(0, maxCharacters), answer: answer.slice(0, maxCharacters) };
  const wanted = { instruction, data, maxTokens, deadlineMs: titleMs };
  const reply = await askInShort(task, model, wanted, deps, stop);
  const title = cleanTitle(reply);
  if (title !== '') await replaceTitle(deps.db, scope, provisional, title, deps.now());
}

/** Models like to say "Title:", to quote and to make bold. */
export function cleanTitle(reply: string): string {
  const line = reply.split('\n').find((one) => one.trim() !== '') ?? '';
  const plain = line
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(/^[#*_"“”„«»'`\s]+/u, '')
    .replace(/^title: ?/iu, '')
    .replace(/^[#*_"“”„«»'`]+/u, '');
  let end = plain.length;
  while (end > 0 && /[*_"“”„«»'`\s.。]/u.test(plain.charAt(end - 1))) end -= 1;
  return cutTitle(plain.slice(0, end));
}
