import { secretQuestion, type World } from './world.ts';

/** One request of B's, and what it must be answered with. */
export interface Attempt {
  path: string;
  status: number;
  body?: unknown;
  form?: FormData;
  /** Another token of B's. */
  token?: string;
  /** What is missing, where a route names several things: refusals about the same thing are the same. */
  about?: 'the message' | 'the documents' | 'the destination';
}

export type IsolationCase = (w: World) => Attempt[];

/**
 * Route → how B tries to reach what is A's. 403 for a conversation of somebody else, 404 for any other foreign id and
 * for what does not exist. A route of the server without a row here fails the test.
 */
export const cases: Record<string, IsolationCase> = {
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
  'POST /conversations/:id/documents': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/documents`, { name: 'planted.txt', text: 'planted' }),
    { path: `/conversations/${w.a1}/documents`, status: 403, form: file() },
    { path: `/conversations/${w.b1}/documents`, status: 202, form: file({ conversation_id: w.a1 }) },
  ],
  'GET /conversations/:id/documents': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/documents`),
    { path: `/conversations/${w.b1}/documents?conversation_id=${w.a1}`, status: 200 },
  ],
  'POST /conversations/:id/retrieve': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/retrieve`, { query: secretQuestion }),
    {
      path: `/conversations/${w.b1}/retrieve`,
      status: 200,
      body: { query: secretQuestion, conversation_id: w.a1 },
    },
    {
      path: `/conversations/${w.b1}/retrieve`,
      status: 200,
      body: { query: secretQuestion, strategy: 'vector', top_k: 50 },
    },
    {
      path: `/conversations/${w.b1}/retrieve`,
      status: 200,
      body: { query: secretQuestion, strategy: 'keyword', top_k: 50 },
    },
  ],
  'POST /api/upload': (w) => [
    { path: '/api/upload', status: 403, form: file({ conversationId: w.a1 }) },
    { path: '/api/upload', status: 404, form: file({ conversationId: w.nothing }) },
    { path: `/api/upload?conversationId=${w.a1}`, status: 403, form: file() },
    { path: `/api/upload?conversationId=${w.b1}`, status: 403, form: file({ conversationId: w.a1 }) },
  ],
  'GET /documents': (w) => [
    { path: `/documents?conversation_id=${w.a1}`, status: 200 },
    { path: '/documents?limit=200&duplicates=false', status: 200 },
    { path: `/documents?name=${w.canary}&user_id=${w.a.id}`, status: 200 },
  ],
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
  'POST /documents/copy': (w) => transfers(w, 'copy', 201),
  'POST /documents/move': (w) => transfers(w, 'move', 200),
  'POST /documents/delete': (w) => [
    { path: '/documents/delete', status: 404, body: { document_ids: [w.a1Document] } },
    { path: '/documents/delete', status: 404, body: { document_ids: [w.b1Document, w.a1Document] } },
    { path: '/documents/delete', status: 404, body: { document_ids: [w.nothing] } },
  ],
  'POST /documents/:id/replace': (w) =>
    single(w.a1Document, w, (id) => `/documents/${id}/replace`, { name: 'taken.txt', text: 'taken' }),
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
  'GET /documents/:id': (w) => [
    ...single(w.a1Document, w, (id) => `/documents/${id}`),
    ...single(w.a1, w, (id) => `/documents/${id}`),
  ],
  'PATCH /documents/:id': (w) =>
    single(w.a1Document, w, (id) => `/documents/${id}`, { name: 'taken.txt', conversation_id: w.b1 }),
  'DELETE /documents/:id': (w) => single(w.a1Document, w, (id) => `/documents/${id}`),
  'GET /documents/:id/events': (w) => single(w.a1Document, w, (id) => `/documents/${id}/events`),
  'GET /events': (w) => [{ path: `/events?user_id=${w.a.id}`, status: 200 }],
  'GET /documents/:id/content': (w) => single(w.a1Document, w, (id) => `/documents/${id}/content`),
  'GET /documents/:id/text': (w) => single(w.a1Document, w, (id) => `/documents/${id}/text`),
  'GET /documents/:id/chunks': (w) => single(w.a1Document, w, (id) => `/documents/${id}/chunks`),
  'POST /documents/:id/retry': (w) => single(w.a1Document, w, (id) => `/documents/${id}/retry`),
  'POST /documents/:id/cancel': (w) => single(w.a1Document, w, (id) => `/documents/${id}/cancel`),
  'POST /rag/query': (w) => [
    { path: '/rag/query', status: 200, body: { query: secretQuestion } },
    { path: '/rag/query', status: 200, body: { query: secretQuestion, scope: 'all', top_k: 50 } },
    {
      path: '/rag/query',
      status: 200,
      body: { query: secretQuestion, document_ids: [w.a1Document], user_id: w.a.id },
    },
    { path: '/rag/query', status: 200, body: { query: secretQuestion, scope: 'all', stream: true } },
  ],
  'POST /rag/conversation/:id/query': (w) => [
    ...conversation(w, (id) => `/rag/conversation/${id}/query`, { query: secretQuestion }),
    ...conversation(w, (id) => `/rag/conversation/${id}/query`, { query: secretQuestion, stream: true }),
    { path: `/rag/conversation/${w.b1}/query`, status: 200, body: { query: secretQuestion } },
    {
      path: `/rag/conversation/${w.b1}/query`,
      status: 404,
      about: 'the documents',
      body: { query: secretQuestion, document_ids: [w.a1Document] },
    },
    {
      path: `/rag/conversation/${w.b1}/query`,
      status: 404,
      about: 'the documents',
      body: { query: secretQuestion, document_ids: [w.b1Document, w.a1Document] },
    },
    {
      path: `/rag/conversation/${w.b1}/query`,
      status: 404,
      about: 'the message',
      body: { query: secretQuestion, parent_id: w.a1Answer },
    },
    {
      path: `/rag/conversation/${w.b1}/query`,
      status: 404,
      about: 'the message',
      body: { query: secretQuestion, parent_id: w.nothing },
    },
  ],
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
  'GET /shares': (w) => [{ path: `/shares?user_id=${w.a.id}`, status: 200 }],
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
  'GET /messages/:id/stream': (w) => [
    ...single(w.a1Answer, w, (id) => `/messages/${id}/stream`),
    ...single(w.a1Question, w, (id) => `/messages/${id}/stream`),
  ],
  'POST /messages/:id/edit': (w) => [
    ...single(w.a1Question, w, (id) => `/messages/${id}/edit`, { content: secretQuestion }),
    ...single(w.a1Answer, w, (id) => `/messages/${id}/edit`, { content: 'planted', answer: false }),
  ],
  'POST /messages/:id/regenerate': (w) => [
    ...single(w.a1Question, w, (id) => `/messages/${id}/regenerate`),
    ...single(w.a1Answer, w, (id) => `/messages/${id}/regenerate`, { stream: true }),
    {
      path: `/messages/${w.b1Answer}/regenerate`,
      status: 404,
      about: 'the documents',
      body: { document_ids: [w.a1Document] },
    },
  ],
  'PUT /messages/:id/feedback': (w) =>
    single(w.a1Answer, w, (id) => `/messages/${id}/feedback`, { rating: 'down' }),
  'DELETE /messages/:id': (w) => single(w.a1Answer, w, (id) => `/messages/${id}`),
  'PUT /conversations/:id/branch': (w) => [
    ...conversation(w, (id) => `/conversations/${id}/branch`, { leaf_id: w.a1Answer }),
    {
      path: `/conversations/${w.b1}/branch`,
      status: 404,
      about: 'the message',
      body: { leaf_id: w.a1Answer },
    },
  ],
  'POST /messages/:id/stop': (w) => single(w.a1Answer, w, (id) => `/messages/${id}/stop`),
  'GET /messages/:id/trace': (w) => single(w.a1Answer, w, (id) => `/messages/${id}/trace`),
  'POST /api/chat': (w) => [
    { path: '/api/chat', status: 403, body: { messages: chat(), conversationId: w.a1 } },
    { path: '/api/chat', status: 404, body: { messages: chat(), conversationId: w.nothing } },
    {
      path: '/api/chat',
      status: 404,
      about: 'the message',
      body: { messages: chat(), conversationId: w.b1, parentId: w.a1Answer },
    },
    {
      path: '/api/chat',
      status: 200,
      body: { messages: chat(), conversationId: w.b1, id: w.a1, messageId: w.a1Answer },
    },
    { path: '/api/chat', status: 403, body: { messages: chat(), id: w.a1 } },
    // The same name of another person's chat is another chat.
    { path: '/api/chat', status: 200, body: { messages: chat(), id: w.aChat } },
  ],
  'GET /api/chat/:id/stream': (w) => [
    { path: `/api/chat/${w.a1}/stream`, status: 403 },
    { path: `/api/chat/${w.aChat}/stream`, status: 204 },
    { path: `/api/chat/${w.nothing}/stream`, status: 204 },
  ],

  // A key of the whole account sees its own conversations alone.
  'GET /v1/models': () => [{ path: '/v1/models', status: 200 }],
  'GET /v1/models/:model': (w) => [
    { path: `/v1/models/conv:${w.a1}`, status: 403 },
    { path: `/v1/models/conv:${w.nothing}`, status: 404 },
  ],
  'POST /v1/chat/completions': (w) => [
    { path: '/v1/chat/completions', status: 403, body: completion(`conv:${w.a1}`) },
    { path: '/v1/chat/completions', status: 404, body: completion(`conv:${w.nothing}`) },
    { path: '/v1/chat/completions', status: 200, body: completion(`conv:${w.b1}`) },
    {
      path: '/v1/chat/completions',
      status: 200,
      body: { ...completion(`conv:${w.b1}`, 'An answer that nobody gave.'), stream: true },
    },
  ],

  // Tools say in a result what they refuse; test/http/mcp.test.ts looks into it.
  'POST /mcp': (w) => [
    { path: '/mcp', status: 200, body: toolCall('list_conversations', { limit: 200 }) },
    { path: '/mcp', status: 200, body: toolCall('list_documents', { conversation_id: w.a1 }) },
    {
      path: '/mcp',
      status: 200,
      body: toolCall('search_documents', { conversation_id: w.a1, query: secretQuestion, top_k: 50 }),
    },
    { path: '/mcp', status: 200, body: toolCall('read_document', { document_id: w.a1Document }) },
    { path: '/mcp', status: 200, body: toolCall('ask', { conversation_id: w.a1, question: secretQuestion }) },
    { path: '/mcp', status: 200, body: toolCall('ask', { question: secretQuestion }) },
    {
      path: '/mcp',
      status: 200,
      body: toolCall('add_document', { conversation_id: w.a1, name: 'planted.txt', text: 'planted' }),
    },
  ],
  'GET /mcp': () => [{ path: '/mcp', status: 405 }],
  'DELETE /mcp': () => [{ path: '/mcp', status: 405 }],

  'POST /auth/register': (w) => [
    { path: '/auth/register', status: 409, body: { email: w.a.email, password: 'long enough password' } },
    {
      path: '/auth/register',
      status: 409,
      body: { email: w.a.email.toUpperCase(), password: 'long enough password' },
    },
    {
      path: '/auth/register',
      status: 201,
      body: {
        email: `new-${w.canary.toLowerCase().slice(-8)}-${Math.random()}@example.org`,
        password: 'long enough password',
        id: w.a.id,
        user_id: w.a.id,
        role: 'admin',
      },
    },
  ],
  'POST /auth/login': (w) => [
    { path: '/auth/login', status: 401, body: { email: w.a.email, password: 'not the password' } },
  ],
  'POST /auth/refresh': (w) => [
    { path: '/auth/refresh', status: 401, body: { refresh_token: w.a.token, user_id: w.a.id } },
  ],
  'POST /auth/logout': (w) => [{ path: `/auth/logout?user_id=${w.a.id}`, status: 204, token: w.bSpareToken }],
  'GET /auth/me': (w) => [{ path: `/auth/me?id=${w.a.id}`, status: 200 }],
  'PATCH /auth/me': (w) => [
    {
      path: '/auth/me',
      status: 200,
      body: { name: 'Bob', id: w.a.id, userId: w.a.id, role: 'admin', status: 'active' },
    },
  ],
  'DELETE /auth/me': (w) => [
    { path: '/auth/me', status: 403, body: { password: 'not the password', id: w.a.id, user_id: w.a.id } },
  ],
  'POST /auth/password': (w) => [
    {
      path: '/auth/password',
      status: 403,
      body: { current_password: 'not the password', new_password: 'long enough password', user_id: w.a.id },
    },
  ],
  'GET /auth/keys': (w) => [{ path: `/auth/keys?user_id=${w.a.id}`, status: 200 }],
  'POST /auth/keys': (w) => [
    { path: '/auth/keys', status: 403, body: { name: 'k', scope: 'conversation', conversation_id: w.a1 } },
    {
      path: '/auth/keys',
      status: 404,
      body: { name: 'k', scope: 'conversation', conversation_id: w.nothing },
    },
    { path: '/auth/keys', status: 201, body: { name: 'k', user_id: w.a.id, userId: w.a.id } },
  ],
  'DELETE /auth/keys/:id': (w) => single(w.aKey, w, (id) => `/auth/keys/${id}`),
  'POST /auth/accept-invite': (w) => [
    {
      path: '/auth/accept-invite',
      status: 401,
      body: { token: setupToken('ali', w), password: newPassword },
    },
    { path: '/auth/accept-invite', status: 401, body: { token: w.aKeyText, password: newPassword } },
  ],
  'POST /auth/reset-password': (w) => [
    {
      path: '/auth/reset-password',
      status: 401,
      body: { token: setupToken('alp', w), password: newPassword, user_id: w.a.id },
    },
  ],
  'POST /auth/forgot-password': (w) => [
    { path: '/auth/forgot-password', status: 202, body: { email: w.a.email } },
    { path: '/auth/forgot-password', status: 202, body: { email: 'nobody@example.org' } },
  ],
  'GET /admin/users': (w) => [
    { path: '/admin/users', status: 403 },
    { path: `/admin/users?email=${encodeURIComponent(w.a.email)}`, status: 403 },
  ],
  'POST /admin/users': (w) => [
    { path: '/admin/users', status: 403, body: { email: w.a.email, password: newPassword, role: 'admin' } },
  ],
  'POST /admin/invites': (w) => [{ path: '/admin/invites', status: 403, body: { email: w.a.email } }],
  'POST /admin/users/:id/reset': (w) => [
    { path: `/admin/users/${w.a.id}/reset`, status: 403 },
    { path: `/admin/users/${w.b.id}/reset`, status: 403 },
    { path: `/admin/users/${w.nothing}/reset`, status: 403 },
  ],
  'DELETE /admin/users/:id': (w) => [
    { path: `/admin/users/${w.a.id}`, status: 403 },
    { path: `/admin/users/${w.nothing}`, status: 403 },
  ],
  'GET /admin/audit': (w) => [
    { path: '/admin/audit', status: 403 },
    { path: `/admin/audit?user_id=${w.b.id}`, status: 403 },
  ],
  'GET /admin/stats': () => [{ path: '/admin/stats', status: 403 }],
  'PATCH /admin/users/:id': (w) => [
    { path: `/admin/users/${w.a.id}`, status: 403, body: { status: 'suspended' } },
    { path: `/admin/users/${w.b.id}`, status: 403, body: { role: 'admin' } },
    { path: `/admin/users/${w.nothing}`, status: 403, body: { role: 'admin' } },
  ],

  'GET /healthz': () => [{ path: '/healthz', status: 200 }],
  'GET /metrics': () => [{ path: '/metrics', status: 200 }],
  'GET /readyz': () => [{ path: '/readyz', status: 200 }],
  'GET /capabilities': () => [{ path: '/capabilities', status: 200 }],
};

/** Routes that serve files of the product and know no user; the web app's exist only where it is built. */
export const staticRoutes = new Set([
  'GET /',
  'GET /_app/*',
  'GET /dashboard',
  'GET /dashboard/*',
  'GET /docs',
  'GET /docs/js/scalar.js',
  'GET /docs/js/start.js',
  'GET /favicon.svg',
  'GET /login',
  'GET /openapi.json',
  'GET /setup',
]);

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

function conversation(w: World, path: (id: string) => string, body?: unknown): Attempt[] {
  return [
    { path: path(w.a1), status: 403, body },
    { path: path(w.nothing), status: 404, body },
  ];
}

/** What is not a conversation: somebody else's and nobody's look the same. */
function single(id: string, w: World, path: (id: string) => string, body?: unknown): Attempt[] {
  return [
    { path: path(id), status: 404, body },
    { path: path(w.nothing), status: 404, body },
  ];
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

function file(fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new File(['planted'], 'planted.txt'));
  return form;
}

const newPassword = 'long enough password';

/** Well-formed, and in A's name. */
function setupToken(prefix: string, { a }: World): string {
  const id = Buffer.from(a.id.replaceAll('-', ''), 'hex').toString('base64url');
  return `${prefix}_${id}_${'x'.repeat(43)}`;
}

function chat() {
  return [{ id: 'm', role: 'user', parts: [{ type: 'text', text: secretQuestion }] }];
}

function toolCall(name: string, args: Record<string, unknown>) {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } };
}

function completion(model: string, ...said: string[]) {
  const history = said.map((content) => ({ role: 'assistant', content }));
  return { model, messages: [...history, { role: 'user', content: secretQuestion }] };
}

/** As the server makes them: the place behind A's conversation in a list. */
function cursorBehind(id: string, mark = ''): string {
  return Buffer.from(`${mark}2100-01-01T00:00:00.000Z ${id}`).toString('base64url');
}
