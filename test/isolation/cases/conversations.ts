import { conversation, type IsolationCase, single } from './attempts.ts';

/** Conversations, and what they are ordered by. */
export const conversationCases: Record<string, IsolationCase> = {
  'POST /conversations': (w) => [
    {
      path: '/conversations',
      status: 201,
      body: { title: 'mine', id: w.a1, user_id: w.a.id, userId: w.a.id },
    },
    { path: '/conversations', status: 404, body: { template_id: w.a1 } },
    { path: '/conversations', status: 404, body: { template_id: w.aTemplate } },
  ],
  'GET /conversations': (w) => [
    { path: '/conversations?limit=200', status: 200 },
    { path: `/conversations?tag=${w.canary}&user_id=${w.a.id}`, status: 200 },
    { path: `/conversations?cursor=${cursorBehind(w.a1, '+')}`, status: 200 },
    { path: '/conversations?status=all', status: 200 },
    { path: '/conversations?status=deleted', status: 200 },
    { path: `/conversations?project_id=${w.a1}&order=title`, status: 200 },
  ],
  'GET /conversations/stats/overview': (w) => [
    { path: `/conversations/stats/overview?user_id=${w.a.id}`, status: 200 },
  ],
  'GET /conversations/stats': (w) => [
    { path: `/conversations/stats?user_id=${w.a.id}`, status: 200 },
    { path: `/conversations/stats?status=all&cursor=${cursorBehind(w.a1)}`, status: 200 },
    { path: '/conversations/stats?format=csv', status: 200 },
  ],
  'GET /conversations/:id': (w) => [
    ...conversation(w, (id) => `/conversations/${id}`),
    { path: `/conversations/${w.b1}?branch=${w.a1Answer}`, status: 404, about: 'the message' },
    { path: `/conversations/${w.b1}?before=${w.a1Answer}`, status: 404, about: 'the message' },
    { path: `/conversations/${w.a1Document}`, status: 404 },
  ],
  'PATCH /conversations/:id': (w) =>
    conversation(w, (id) => `/conversations/${id}`, { title: 'taken', pinned: true, user_id: w.b.id }),
  'DELETE /conversations/:id': (w) => [
    ...conversation(w, (id) => `/conversations/${id}`),
    { path: `/conversations/${w.b1}?keep_documents_in=${w.a1}`, status: 403 },
    { path: `/conversations/${w.b1}?keep_documents_in=${w.nothing}`, status: 404, about: 'the destination' },
    { path: `/conversations/${w.a1}?keep_documents_in=${w.b1}`, status: 403 },
    { path: `/conversations/${w.a1}?permanently=true`, status: 403 },
    { path: `/conversations/${w.a3}?permanently=true`, status: 404 },
  ],
  'GET /conversations/:id/deletion': (w) => conversation(w, (id) => `/conversations/${id}/deletion`),
  'POST /conversations/:id/restore': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/restore`),
    // A deleted one is nobody's to others.
    { path: `/conversations/${w.a3}/restore`, status: 404 },
  ],
  'GET /conversations/:id/stats': (w) => conversation(w, (id) => `/conversations/${id}/stats`),
  'POST /conversations/:id/messages': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/messages`, { role: 'user', content: 'planted' }),
    {
      path: `/conversations/${w.b1}/messages`,
      status: 404,
      about: 'the message',
      body: { role: 'user', content: 'x', parent_id: w.a1Answer },
    },
    {
      path: `/conversations/${w.b1}/messages`,
      status: 201,
      body: { role: 'user', content: 'x', conversation_id: w.a1, user_id: w.a.id },
    },
  ],
  'PUT /conversations/:id/title': (w) => conversation(w, (id) => `/conversations/${id}/title?title=taken`),
  'GET /projects': (w) => [{ path: `/projects?user_id=${w.a.id}`, status: 200 }],
  'POST /projects': () => [{ path: '/projects', status: 201, body: { name: 'mine' } }],
  'PATCH /projects/:id': (w) =>
    single(w.aProject, w, (id) => `/projects/${id}`, { name: 'taken', prompt: 'taken' }),
  'DELETE /projects/:id': (w) => single(w.aProject, w, (id) => `/projects/${id}`),
  'GET /templates': (w) => [{ path: `/templates?user_id=${w.a.id}`, status: 200 }],
  'POST /templates': (w) => [
    { path: '/templates', status: 403, body: { name: 'planted', from_conversation_id: w.a1 } },
    { path: '/templates', status: 404, body: { name: 'planted', from_conversation_id: w.nothing } },
    { path: '/templates', status: 201, body: { name: 'mine', user_id: w.a.id } },
  ],
  'GET /templates/:id': (w) => single(w.aTemplate, w, (id) => `/templates/${id}`),
  'PATCH /templates/:id': (w) => single(w.aTemplate, w, (id) => `/templates/${id}`, { name: 'taken' }),
  'DELETE /templates/:id': (w) => single(w.aTemplate, w, (id) => `/templates/${id}`),
  'POST /conversations/:id/fork': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/fork`),
    {
      path: `/conversations/${w.b1}/fork`,
      status: 404,
      about: 'the message',
      body: { message_id: w.a1Answer },
    },
    { path: `/conversations/${w.a3}/fork`, status: 404 },
  ],
  'GET /events': (w) => [{ path: `/events?user_id=${w.a.id}`, status: 200 }],
};

/** As the server makes them: the place behind A's conversation in a list. */
function cursorBehind(id: string, mark = ''): string {
  return Buffer.from(`${mark}2100-01-01T00:00:00.000Z ${id}`).toString('base64url');
}
