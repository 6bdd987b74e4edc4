import { conversation, type IsolationCase, single } from './attempts.ts';
import { secretQuestion } from '../world.ts';

/** Questions and messages, also by the protocols of other clients. */
export const answerCases: Record<string, IsolationCase> = {
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
};

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
