import type { Answer, Share, SharedConversation, Uploaded } from '@alcove/contract';
import { expect } from 'vitest';
import type { Person } from '../../support/app.ts';

export interface Shared {
  id: string;
  document: string;
  share: Share;
  token: string;
}

/** A conversation of the owner's with a document and a question about it, and a link to it. */
export async function shareGlacier(owner: Person, body: object = {}, withDocument = false): Promise<Shared> {
  const { id } = await owner.client.conversations.create({ title: 'The glacier' });
  const added = await owner.json<Uploaded>('POST', `/conversations/${id}/documents?wait=ready`, {
    name: 'glacier.txt',
    text: 'The glacier of Hornbreen lost 412 metres of its length in 2024.',
  });
  await owner.json<Answer>('POST', `/rag/conversation/${id}/query`, {
    query: 'How many metres did the glacier of Hornbreen lose?',
  });
  const document = added.body.document.id;
  const documents = withDocument ? { document_ids: [document] } : {};
  const made = await owner.json<Share>('POST', `/conversations/${id}/shares`, { ...documents, ...body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return { id, document, share: made.body, token: made.body.url.split('/s/')[1] ?? '' };
}

export async function openLink(baseUrl: string, token: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${baseUrl}/s/${token}`, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export const viewOf = (text: string) => JSON.parse(text) as SharedConversation;
