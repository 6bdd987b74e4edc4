import { afterAll, beforeAll, expect, test } from 'vitest';
import { addText } from '../answers/support/asking.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { exampleOf, operationsOf, type Schema } from './openapi-inputs.ts';
import { expectProblem } from './problem.ts';

// Names that nobody knows are refused, with the nearest one that is known.

/** Their clients send what they like: the AI SDK's chat, OpenAI's, and those of MCP. */
const lenient = (path: string) => /^\/(?:api\/chat|v1\/|mcp$)/.test(path);

let app: TestApp;
let person: Person;
let conversation: string;
let document: string;

beforeAll(async () => {
  app = await startTestApp();
  person = await newPerson(app.baseUrl);
  conversation = (await person.json<{ id: string }>('POST', '/conversations', {})).body.id;
  document = (await addText(person, conversation, 'Some words.')).id;
});

afterAll(() => app?.close());

function post(path: string, body: unknown, method = 'POST'): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return person.fetch(path, { method, headers, body: JSON.stringify(body) });
}

test.each([
  ['POST', '/conversations', { titel: 'x' }, 'titel', 'title'],
  ['POST', '/rag/query', { query: 'x', topK: 3 }, 'topK', 'top_k'],
  ['POST', '/rag/query', { query: 'x', 'top-k': 3 }, 'top-k', 'top_k'],
  ['PATCH', '/auth/me', { nmae: 'x' }, 'nmae', 'name'],
  [
    'POST',
    '/auth/password',
    { current_pasword: 'x', new_password: 'long enough' },
    'current_pasword',
    'current_password',
  ],
  [
    'POST',
    '/auth/register',
    { email: 'a@example.org', password: 'long enough', names: 'x' },
    'names',
    'name',
  ],
])('%s %s %j: did you mean', async (method, path, body, unknown, known) => {
  const { issues } = await expectProblem(await post(path, body, method), 'invalid_request');
  expect(issues).toContainEqual({
    path: unknown,
    message: `"${unknown}" is not known: did you mean "${known}"?`,
  });
});

test('a name that is near to nothing is refused with what is known', async () => {
  const refused = await post(`/conversations/${conversation}/messages`, {
    role: 'user',
    content: 'x',
    zebra: 1,
  });
  const { error } = await expectProblem(refused, 'invalid_request');
  expect(error).toContain('"zebra" is not known: known are role, content, message_metadata, parent_id');
});

test.each([
  ['/conversations?limits=3', '"limits" is not known: did you mean "limit"?'],
  ['/conversations?conversationType=general', 'did you mean "conversation_type"?'],
  ['/auth/me?id=1', '"id" is not known: nothing is taken here'],
  ['/capabilities?x=1', '"x" is not known: nothing is taken here'],
])('%s', async (path, message) => {
  const { error } = await expectProblem(await person.fetch(path), 'invalid_request');
  expect(error).toContain(message);
});

test('every operation refuses an unknown query parameter, and an unknown field in its body', async () => {
  const open: string[] = [];
  for (const { method, path, body } of operationsOf(app.app.http.swagger())) {
    if (lenient(path)) continue;
    const id = path.startsWith('/documents/') ? document : conversation;
    const at = path.replace('{id}', id).replace('{token}', 'x'.repeat(43)).replace('{message}', id);
    const good = body === null ? undefined : (exampleOf(body) as object);
    const asked = `${at}?unknown_parameter=1`;
    const query =
      good === undefined ? await person.fetch(asked, { method }) : await post(asked, good, method);
    const text = await query.text();
    // Who may not do it at all is told that first.
    if (!text.includes('unknown_parameter') && query.status !== 403) open.push(`${method} ${path}?`);
    if (method === 'GET') continue;
    const field = await post(at, { ...good, unknown_field: 1 }, method);
    const answer = await field.text();
    const isForOthers = [403, 415].includes(field.status);
    if (!answer.includes('unknown_field') && !isForOthers) open.push(`${method} ${path} ${answer}`);
  }
  expect(open).toEqual([]);
});

test('no object in the body of any operation leaves room for what nobody reads', async () => {
  const open: string[] = [];
  const walk = (schema: Schema & { additionalProperties?: unknown }, where: string): void => {
    if (schema.properties !== undefined && schema.additionalProperties !== false) open.push(where);
    for (const [name, inner] of Object.entries(schema.properties ?? {})) walk(inner, `${where}.${name}`);
    for (const inner of schema.anyOf ?? []) walk(inner, where);
    if (schema.items !== undefined) walk(schema.items, `${where}[]`);
  };
  for (const { method, path, body } of operationsOf(app.app.http.swagger()))
    if (body !== null && !lenient(path)) walk(body, `${method} ${path}`);
  expect(open).toEqual([]);
});

test('the chat protocol of the AI SDK takes what its clients send', async () => {
  const response = await post('/api/chat', {
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello?', extra: 1 }], metadata: {} }],
    conversationId: conversation,
    somethingNew: { of: 'the client' },
  });
  expect(response.status).toBe(200);
  await response.body?.cancel();
});
