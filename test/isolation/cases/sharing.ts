import { secretQuestion } from '../world.ts';
import { conversation, type IsolationCase, single } from './attempts.ts';

/** What leaves a conversation: search, links, exports. */
export const sharingCases: Record<string, IsolationCase> = {
  'GET /search': (w) => [
    { path: `/search?q=${w.canary}`, status: 200 },
    { path: `/search?q=${w.canary.slice(0, 9)}`, status: 200 },
    { path: `/search?q=vault+lighthouse&in=documents&limit=200&user_id=${w.a.id}`, status: 200 },
    { path: `/search?q=tag:${w.canary}+vault`, status: 200 },
    { path: `/search?q=vault&conversation_id=${w.a1}`, status: 403 },
    { path: `/search?q=vault&conversation_id=${w.nothing}`, status: 404 },
  ],
  'POST /conversations/:id/shares': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/shares`, {}),
    {
      path: `/conversations/${w.b1}/shares`,
      status: 404,
      about: 'the documents',
      body: { document_ids: [w.a1Document] },
    },
    {
      path: `/conversations/${w.b1}/shares`,
      status: 404,
      about: 'the message',
      body: { leaf_id: w.a1Answer },
    },
  ],
  'GET /conversations/:id/export': (w) => [
    ...['markdown', 'html', 'pdf', 'json', 'zip'].flatMap((format) =>
      conversation(w, (id) => `/conversations/${id}/export?format=${format}`),
    ),
    { path: `/conversations/${w.b1}/export?leaf_id=${w.a1Answer}`, status: 404, about: 'the message' },
  ],
  'GET /export': (w) => [{ path: `/export?user_id=${w.a.id}`, status: 200 }],
  'POST /import': (w) => [
    { path: '/import', status: 200, form: bundleOf(w.nothing, w.a1Document) },
    { path: `/import?user_id=${w.a.id}`, status: 200, form: bundleOf(w.nothing, w.a2Document) },
  ],
  'GET /shares': (w) => [
    { path: `/shares?user_id=${w.a.id}`, status: 200 },
    { path: `/shares?conversation_id=${w.a1}`, status: 403 },
    { path: `/shares?conversation_id=${w.nothing}`, status: 404 },
  ],
  'PUT /shares/:id': (w) => single(w.aShare, w, (id) => `/shares/${id}`, {}),
  'DELETE /shares/:id': (w) => single(w.aShare, w, (id) => `/shares/${id}`),
  'GET /s/:token': (w) => [
    { path: `/s/${w.aShareToken}`, status: 404 },
    { path: `/s/${'x'.repeat(43)}`, status: 404 },
  ],
  'POST /s/:token/continue': (w) => [
    { path: `/s/${w.aShareToken}/continue`, status: 404 },
    { path: `/s/${'x'.repeat(43)}/continue`, status: 404 },
  ],
  ...takingPart('POST', 'messages', { content: 'planted' }),
  ...takingPart('POST', 'query', { query: secretQuestion }),
  ...takingPart('GET', 'changes'),
  ...takingPart('GET', 'messages/:message/stream'),
  ...takingPart('POST', 'messages/:message/stop'),
};

/** By a token that is not B's, whichever message it names. */
function takingPart(method: string, below: string, body?: object): Record<string, IsolationCase> {
  return {
    [`${method} /s/:token/${below}`]: (w) =>
      [w.aShareToken, 'x'.repeat(43)].map((token) => ({
        path: `/s/${token}/${below.replace(':message', w.a1Answer)}`,
        status: 404,
        body,
      })),
  };
}

/** An export that says that it is of somebody's conversation. */
function bundleOf(conversation: string, document: string): FormData {
  const form = new FormData();
  const bundle = {
    format: 'alcove.conversation',
    version: 1,
    conversation: { id: conversation, title: 'planted' },
    messages: [{ id: conversation, role: 'user', content: 'planted', metadata: {} }],
    documents: [{ id: document, name: 'planted.txt', path: '../../planted.txt' }],
  };
  form.append('file', new File([JSON.stringify(bundle)], 'conversation.json'));
  return form;
}
