import { randomUUID } from 'node:crypto';
import { mustBe, mustEqual } from '../claims.ts';
import { verifyOneDocument, withDocument } from '../deeds/deed.ts';
import { newConversation } from '../people.ts';
import { call, type ChangeKind, expectReady } from './change.ts';

export const documentChanges = {
  'a text': {
    route: 'POST /conversations/:id/documents',
    async make(person) {
      const { id, text } = await withDocument(person);
      return (later) => verifyOneDocument(later, id, text);
    },
  },
  'a document from the web': {
    route: 'POST /conversations/:id/documents',
    async make(person, { page }) {
      const id = await newConversation(person);
      await call(person, 202, `/conversations/${id}/documents`, { url: page });
      return (later) => expectReady(later, id);
    },
  },
  'a file in a form': {
    route: 'POST /api/upload',
    async make(person) {
      const id = await newConversation(person);
      const text = `In a form ${id}.`;
      const form = new FormData();
      form.append('conversationId', id);
      form.append('file', new File([text], 'form.txt'));
      const { status } = await person.fetch('/api/upload', { method: 'POST', body: form });
      mustBe(status === 202, `a form is answered with ${status}`);
      return (later) => verifyOneDocument(later, id, text);
    },
  },
  'a copy of a document': {
    route: 'POST /documents/copy',
    async make(person, { document }) {
      const to = await newConversation(person);
      await call(person, 201, '/documents/copy', { document_ids: [document.id], conversation_id: to });
      return (later) => expectReady(later, to);
    },
  },
  'a document moved': {
    route: 'POST /documents/move',
    async make(person) {
      const [{ id, documentId, text }, to] = [await withDocument(person), await newConversation(person)];
      await call(person, 200, '/documents/move', { document_ids: [documentId], conversation_id: to });
      return async (later) => {
        mustEqual('documents left', (await later.client.documents.list(id)).documents, []);
        await verifyOneDocument(later, to, text);
      };
    },
  },
  'a new version': {
    route: 'POST /documents/:id/replace',
    async make(person) {
      const { id, documentId } = await withDocument(person);
      const text = `Another ${id}.`;
      await call(person, 202, `/documents/${documentId}/replace`, { name: 'two.txt', text });
      return async (later) => {
        await verifyOneDocument(later, id, text);
        const [document] = (await later.client.documents.list(id)).documents;
        mustEqual('which version of what', [document?.id, document?.version], [documentId, 2]);
      };
    },
  },
  'a document renamed': {
    route: 'PATCH /documents/:id',
    async make(person) {
      const { id, documentId, text } = await withDocument(person);
      const name = `${randomUUID()}.txt`;
      await call(person, 200, `/documents/${documentId}`, { name }, 'PATCH');
      return async (later) => {
        await verifyOneDocument(later, id, text);
        mustEqual('its name', (await later.client.documents.list(id)).documents[0]?.name, name);
      };
    },
  },
  'a document deleted': {
    route: 'DELETE /documents/:id',
    async make(person) {
      const { id, documentId } = await withDocument(person);
      await call(person, 200, `/documents/${documentId}`, undefined, 'DELETE');
      return async (later) => mustEqual('documents', (await later.client.documents.list(id)).documents, []);
    },
  },
  'a deleted document taken back': {
    route: 'POST /documents/:id/restore',
    async make(person) {
      const { id, documentId, text } = await withDocument(person);
      await call(person, 200, `/documents/${documentId}?restorable=true`, undefined, 'DELETE');
      await call(person, 200, `/documents/${documentId}/restore`, {});
      return (later) => verifyOneDocument(later, id, text);
    },
  },
  'documents deleted': {
    route: 'POST /documents/delete',
    async make(person) {
      const { id, documentId } = await withDocument(person);
      await call(person, 200, '/documents/delete', { document_ids: [documentId] });
      return async (later) => mustEqual('documents', (await later.client.documents.list(id)).documents, []);
    },
  },
} satisfies Record<string, ChangeKind>;
