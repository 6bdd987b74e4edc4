import { randomUUID } from 'node:crypto';
import { mustEqual } from '../claims.ts';
import { newConversation } from '../people.ts';
import { created, type DeedKind, gone, kind, ok, verifyOneDocument, withDocument } from './deed.ts';

const touchesOriginals = true;

export const documentDeeds: readonly DeedKind[] = [
  kind(
    'upload a document',
    async (person) => {
      const id = await newConversation(person);
      const text = `Once ${id}.`;
      return {
        request: {
          method: 'POST',
          path: `/conversations/${id}/documents?wait=ready`,
          body: { name: 'once.txt', text },
          key: randomUUID(),
        },
        isDone: created,
        verify: () => verifyOneDocument(person, id, text),
      };
    },
    { touchesOriginals },
  ),
  kind(
    'replace a document',
    async (person) => {
      const { id, documentId } = await withDocument(person);
      const text = `Two ${id}.`;
      return {
        request: {
          method: 'POST',
          path: `/documents/${documentId}/replace`,
          body: { name: 'two.txt', text },
          key: randomUUID(),
        },
        isDone: created,
        verify: async () => {
          await verifyOneDocument(person, id, text);
          const [document] = (await person.client.documents.list(id)).documents;
          mustEqual('which version of what', [document?.id, document?.version], [documentId, 2]);
        },
      };
    },
    { touchesOriginals },
  ),
  kind(
    'read an original',
    async (person) => {
      const { documentId, text: uploaded } = await withDocument(person);
      return {
        request: { method: 'GET', path: `/documents/${documentId}/content`, key: null },
        isDone: ok,
        verify: async (text) => mustEqual('what is read', text, uploaded),
      };
    },
    { touchesOriginals, isSlow: false },
  ),
  kind('copy documents', async (person) => {
    const [{ id, documentId, text }, to] = [await withDocument(person), await newConversation(person)];
    return {
      request: {
        method: 'POST',
        path: '/documents/copy',
        body: { document_ids: [documentId], conversation_id: to },
        key: randomUUID(),
      },
      isDone: created,
      verify: async () => {
        await verifyOneDocument(person, id, text);
        await verifyOneDocument(person, to, text);
      },
    };
  }),
  kind(
    'move documents',
    async (person) => {
      const [{ id, text }, to] = [await withDocument(person), await newConversation(person)];
      return {
        request: { method: 'DELETE', path: `/conversations/${id}?keep_documents_in=${to}`, key: null },
        isDone: gone,
        verify: () => verifyOneDocument(person, to, text),
      };
    },
    { isSlow: true },
  ),
  kind(
    'delete a document',
    async (person) => {
      const { id, documentId } = await withDocument(person);
      return {
        request: { method: 'DELETE', path: `/documents/${documentId}`, key: null },
        isDone: gone,
        verify: async () => {
          mustEqual('documents', (await person.client.documents.list(id)).documents, []);
          mustEqual('counted', (await person.client.conversations.get(id)).document_count, 0);
        },
      };
    },
    { touchesOriginals },
  ),
];
