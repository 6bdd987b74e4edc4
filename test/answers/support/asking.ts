import type { Answer, Document, Message, Problem, Source } from '@alcove/contract';
import { expect } from 'vitest';
import type { Person } from '../../support/app.ts';

export async function newConversation(person: Person): Promise<string> {
  return (await person.client.conversations.create()).id;
}

/** A text as a document of the conversation, ready to be asked about. */
export async function addText(
  person: Person,
  conversationId: string,
  text: string,
  name = 'notes.txt',
): Promise<Document> {
  const path = `/conversations/${conversationId}/documents?wait=vectors`;
  const { status, body } = await person.json<{ document: Document }>('POST', path, { name, text });
  expect(status).toBe(202);
  expect(body.document.status).toBe('ready');
  return body.document;
}

/** A conversation of its own with one document. */
export async function conversationAbout(person: Person, text: string, name?: string): Promise<string> {
  const id = await newConversation(person);
  await addText(person, id, text, name);
  return id;
}

/**
 * A message to ask below, again and again: each question then begins a branch of its own, so that one conversation
 * with its documents serves several tests, and none is a follow-up of another.
 */
export async function beginningOf(person: Person, conversationId: string): Promise<string> {
  const message = await person.client.messages.add(conversationId, {
    role: 'system',
    content: 'The beginning.',
    parent_id: null,
  });
  return message.id;
}

/** Asks for a stream; resolves with the response once its head is there. */
export function askStream(
  person: Person,
  conversationId: string,
  query: string,
  more: Record<string, unknown> = {},
  init: RequestInit = {},
): Promise<Response> {
  return person.fetch(`/rag/conversation/${conversationId}/query`, {
    ...init,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) },
    body: JSON.stringify({ query, stream: true, ...more }),
  });
}

export async function askJson(
  person: Person,
  conversationId: string,
  query: string,
  more: Record<string, unknown> = {},
): Promise<{ status: number; body: Answer }> {
  return person.json<Answer>('POST', `/rag/conversation/${conversationId}/query`, { query, ...more });
}

/** The same for a question that is refused or fails. */
export async function askInVain(
  person: Person,
  conversationId: string,
  query: string,
  more: Record<string, unknown> = {},
): Promise<{ status: number; body: Problem }> {
  return person.json<Problem>('POST', `/rag/conversation/${conversationId}/query`, { query, ...more });
}

export type StoredAnswer = Message & {
  metadata: Record<string, unknown> & { search_results: Source[]; error?: { code: string; error: string } };
};

/** The messages of the active branch, oldest first. */
export async function historyOf(person: Person, conversationId: string, query = ''): Promise<StoredAnswer[]> {
  const { status, body } = await person.json<{ messages: StoredAnswer[] }>(
    'GET',
    `/conversations/${conversationId}${query}`,
  );
  expect(status).toBe(200);
  return body.messages;
}
