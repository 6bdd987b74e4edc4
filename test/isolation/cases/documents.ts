import { type Attempt, conversation, type IsolationCase, single } from './attempts.ts';
import type { World } from '../world.ts';

/** Documents: their way in, their text, their moves. */
export const documentCases: Record<string, IsolationCase> = {
  'POST /conversations/:id/documents': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/documents`, { name: 'planted.txt', text: 'planted' }),
    { path: `/conversations/${w.a1}/documents`, status: 403, form: file() },
    { path: `/conversations/${w.b1}/documents`, status: 400, form: file({ conversation_id: w.a1 }) },
  ],
  'GET /conversations/:id/documents': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/documents`),
    { path: `/conversations/${w.b1}/documents?conversation_id=${w.a1}`, status: 200 },
  ],
  'POST /api/upload': (w) => [
    { path: '/api/upload', status: 403, form: file({ conversationId: w.a1 }) },
    { path: '/api/upload', status: 404, form: file({ conversationId: w.nothing }) },
    { path: `/api/upload?conversationId=${w.a1}`, status: 403, form: file() },
    { path: `/api/upload?conversationId=${w.b1}`, status: 400, form: file({ conversationId: w.a1 }) },
  ],
  'GET /documents': (w) => [
    { path: `/documents?conversation_id=${w.a1}`, status: 200 },
    { path: '/documents?limit=200&duplicates=false', status: 200 },
    { path: `/documents?name=${w.canary}&user_id=${w.a.id}`, status: 200 },
  ],
  'POST /documents/copy': (w) => transfers(w, 'copy', 201),
  'POST /documents/move': (w) => transfers(w, 'move', 200),
  'POST /documents/delete': (w) => [
    { path: '/documents/delete', status: 404, body: { document_ids: [w.a1Document] } },
    { path: '/documents/delete', status: 404, body: { document_ids: [w.b1Document, w.a1Document] } },
    { path: '/documents/delete', status: 404, body: { document_ids: [w.nothing] } },
  ],
  'POST /documents/:id/replace': (w) =>
    single(w.a1Document, w, (id) => `/documents/${id}/replace`, { name: 'taken.txt', text: 'taken' }),
  'GET /documents/:id': (w) => [
    ...single(w.a1Document, w, (id) => `/documents/${id}`),
    ...single(w.a1, w, (id) => `/documents/${id}`),
  ],
  'PATCH /documents/:id': (w) =>
    single(w.a1Document, w, (id) => `/documents/${id}`, { name: 'taken.txt', conversation_id: w.b1 }),
  'DELETE /documents/:id': (w) => single(w.a1Document, w, (id) => `/documents/${id}`),
  'GET /documents/:id/events': (w) => single(w.a1Document, w, (id) => `/documents/${id}/events`),
  'GET /documents/:id/content': (w) => single(w.a1Document, w, (id) => `/documents/${id}/content`),
  'GET /documents/:id/text': (w) => single(w.a1Document, w, (id) => `/documents/${id}/text`),
  'GET /documents/:id/words': (w) => single(w.a1Document, w, (id) => `/documents/${id}/words?page=1`),
  'GET /documents/:id/chunks': (w) => single(w.a1Document, w, (id) => `/documents/${id}/chunks`),
  'POST /documents/:id/questions': (w) => single(w.a1Document, w, (id) => `/documents/${id}/questions`),
  'POST /documents/:id/retry': (w) => single(w.a1Document, w, (id) => `/documents/${id}/retry`),
  'POST /documents/:id/cancel': (w) => single(w.a1Document, w, (id) => `/documents/${id}/cancel`),
  'POST /documents/:id/restore': (w) => single(w.a1Document, w, (id) => `/documents/${id}/restore`),
};

/** Neither somebody else's documents nor into somebody else's conversation, all or none. */
function transfers(w: World, name: string, done: number): Attempt[] {
  const path = `/documents/${name}`;
  const to = w.b1;
  return [
    { path, status: 404, body: { document_ids: [w.a1Document], conversation_id: to } },
    { path, status: 404, body: { document_ids: [w.b1Document, w.a1Document], conversation_id: to } },
    { path, status: 404, body: { document_ids: [w.nothing], conversation_id: to } },
    { path, status: 403, body: { document_ids: [w.b1Document], conversation_id: w.a1 } },
    {
      path,
      status: 404,
      about: 'the destination',
      body: { document_ids: [w.b1Document], conversation_id: w.nothing },
    },
    {
      path,
      status: 404,
      about: 'the destination',
      body: { document_ids: [w.b1Document], conversation_id: w.a3 },
    },
    { path, status: done, body: { document_ids: [w.b1Document], conversation_id: to, user_id: w.a.id } },
  ];
}

function file(fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new File(['planted'], 'planted.txt'));
  return form;
}
