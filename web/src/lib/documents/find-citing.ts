import type { Client, Message } from '@alcove/client';
import { citedSources, messageView } from '../answers/message-view.ts';

/** An answer that cites a document, with the question that it answers. */
export interface CitingAnswer {
  messageId: string;
  question: string;
  /** Of the document, those that are cited. */
  pages: number[];
  createdAt: string;
}

const pageSize = 200;
const mostPages = 10;

/** Answers of the branch that is shown, newest first; of a very long one the newest 2,000 messages. */
export async function findCiting(
  alcove: Client,
  conversationId: string,
  documentId: string,
  signal: AbortSignal,
): Promise<CitingAnswer[]> {
  const messages: Message[] = [];
  let before: string | undefined;
  for (let at = 0; at < mostPages; at += 1) {
    const page = await alcove.conversations.get(conversationId, { limit: pageSize, before }, { signal });
    messages.unshift(...page.messages);
    before = page.messages[0]?.id;
    if (!page.has_more || before === undefined) break;
  }
  return messages.flatMap((message, at) => citingOf(message, messages[at - 1], documentId)).toReversed();
}

function citingOf(answer: Message, question: Message | undefined, documentId: string): CitingAnswer[] {
  if (answer.role !== 'assistant') return [];
  const cited = citedSources(messageView(answer)).filter((source) => source.document_id === documentId);
  if (cited.length === 0) return [];
  const pages = cited.flatMap(({ page }) => (page === null ? [] : [page]));
  return [
    {
      messageId: answer.id,
      question: question?.content ?? '',
      pages: [...new Set(pages)].toSorted((a, b) => a - b),
      createdAt: answer.created_at,
    },
  ];
}
