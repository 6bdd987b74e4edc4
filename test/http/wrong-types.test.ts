import type { ApiKey } from '@alcove/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { isFullRun, sampled } from '../support/full-run.ts';
import {
  edges,
  exampleOf,
  hasType,
  type Operation,
  operationsOf,
  type Schema,
  values,
} from './openapi-inputs.ts';

// Every operation of the OpenAPI document with every wrong type in every place: 4xx, never 5xx. A full run tries all, any
// other one a sixth of the operations in each test.

let app: TestApp;
let admin: Person;
let keeper: Person;
let person: Person;
let ids: { conversation: string; document: string; message: string; user: string };

beforeAll(async () => {
  app = await startTestApp();
  admin = await newPerson(app.baseUrl);
  keeper = await newPerson(app.baseUrl);
  const owner = await newPerson(app.baseUrl);
  const { body: conversation } = await owner.json<{ id: string }>('POST', '/conversations', {});
  const text = { name: 'a.txt', text: 'A short text about herons.' };
  const { body: added } = await owner.json<{ document: { id: string } }>(
    'POST',
    `/conversations/${conversation.id}/documents?wait=ready`,
    text,
  );
  const { body: asked } = await owner.json<{ message_id: string }>(
    'POST',
    `/rag/conversation/${conversation.id}/query`,
    { query: 'Herons?' },
  );
  ids = {
    conversation: conversation.id,
    document: added.document.id,
    message: asked.message_id,
    user: (await newPerson(app.baseUrl)).id,
  };
  // A key, not a session: nothing of what follows may end it.
  const { body: key } = await owner.json<ApiKey & { key: string }>('POST', '/auth/keys', { name: 'tester' });
  person = personOf(app.baseUrl, key.key, owner);
});

afterAll(() => app?.close());

function operations(): Operation[] {
  return operationsOf(app.app.http.swagger());
}

/** The path with a real id in it; a conversation of its own where the operation would delete it. */
async function pathOf({ path, method }: Operation): Promise<string> {
  if (path.startsWith('/documents/')) return path.replace('{id}', ids.document);
  if (path.startsWith('/messages/')) return path.replace('{id}', ids.message);
  if (path.startsWith('/admin/')) return path.replace('{id}', ids.user);
  if (path.startsWith('/auth/')) return path.replace('{id}', ids.user);
  if (method !== 'DELETE' || !path.includes('{id}')) return path.replace('{id}', ids.conversation);
  const { body } = await person.json<{ id: string }>('POST', '/conversations', {});
  return path.replace('{id}', body.id);
}

function whoFor({ path }: Operation): Person {
  if (path.startsWith('/admin/')) return admin;
  // Keys are for sessions alone; a session of somebody else, so that what ends sessions does not end it.
  return /^\/auth\/(?:keys|sessions)/.test(path) ? keeper : person;
}

async function send(
  operation: Operation,
  path: string,
  body?: unknown,
): Promise<{ status: number; text: string }> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await whoFor(operation).fetch(path, { method: operation.method, ...init });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (isStream) await response.body?.cancel();
  return { status: response.status, text: isStream ? '' : await response.text() };
}

test('bodies of a wrong shape, and wrong types in every field', async () => {
  let tried = 0;
  const wrong: string[] = [];
  for (const operation of sampled(operations(), 6)) {
    const { body: schema, method, path: pattern } = operation;
    if (schema === null) continue;
    const path = await pathOf(operation);
    const check = async (body: unknown, refused: boolean) => {
      tried += 1;
      const { status, text } = await send(operation, path, body);
      const fits = refused ? status >= 400 && status < 500 : status < 500;
      if (!fits)
        wrong.push(
          `${method} ${pattern} ${JSON.stringify(body).slice(0, 200)} → ${status} ${text.slice(0, 200)}`,
        );
    };
    for (const value of values) await check(value, !hasType(schema, value) && value !== null);
    const good = exampleOf(schema) as Record<string, unknown>;
    for (const [name, field] of Object.entries(fieldsOf(schema))) {
      for (const value of values.filter((value) => !hasType(field, value)))
        await check({ ...good, [name]: value }, true);
      for (const value of edges) await check({ ...good, [name]: value }, !hasType(field, value));
    }
  }
  expect(wrong).toEqual([]);
  expect(tried).toBeGreaterThan(isFullRun ? 400 : 40);
});

test('wrong ids in every path', async () => {
  const bad = [
    'x',
    '0',
    '-1',
    'null',
    'undefined',
    '[object Object]',
    `${ids.conversation}x`,
    ids.conversation.slice(1),
    `' OR 1=1 --`,
    '%27',
    'NaN',
    '1e9',
  ];
  const wrong: string[] = [];
  // A chat's id is its client's own: any text may be one.
  const byId = operations().filter(({ path }) => path.includes('{id}') && !path.startsWith('/api/chat/'));
  for (const operation of sampled(byId, 3)) {
    for (const id of bad) {
      const path = operation.path.replace('{id}', id === '%27' ? id : encodeURIComponent(id));
      const body = operation.body === null ? undefined : exampleOf(operation.body);
      const { status, text } = await send(operation, path, body);
      if (![400, 404].includes(status))
        wrong.push(`${operation.method} ${path} → ${status} ${text.slice(0, 200)}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('wrong values in every parameter of every query', async () => {
  const bad = [
    '',
    'x',
    '-1',
    '1e9',
    '1.5',
    'NaN',
    'null',
    '[]',
    '{}',
    'true,false',
    `' OR 1=1 --`,
    '\u202e',
    '😀',
  ];
  const wrong: string[] = [];
  for (const operation of sampled(operations(), 6)) {
    for (const { in: where, name, schema } of operation.parameters) {
      if (where === 'path') continue;
      for (const value of bad) {
        const path = await pathOf(operation);
        const body = operation.body === null ? undefined : exampleOf(operation.body);
        const { status, text } =
          where === 'query'
            ? await send(operation, `${path}?${name}=${encodeURIComponent(value)}`, body)
            : await sendHeader(operation, path, name, value);
        const mustFail = schema.type === 'integer' && !/^\d+$/.test(value) && where === 'query';
        const fits = mustFail ? status === 400 : status < 500;
        if (!fits)
          wrong.push(`${operation.method} ${path} ${name}=${value} → ${status} ${text.slice(0, 200)}`);
      }
      // The same name twice is a list to some parsers.
      if (where !== 'query') continue;
      const path = await pathOf(operation);
      const twice = await send(
        operation,
        `${path}?${name}=1&${name}=2`,
        operation.body === null ? undefined : exampleOf(operation.body),
      );
      if (twice.status >= 500)
        wrong.push(`${operation.method} ${path} ${name} twice → ${twice.status} ${twice.text}`);
    }
  }
  expect(wrong).toEqual([]);
});

async function sendHeader(operation: Operation, path: string, name: string, value: string) {
  if (!/^[\x20-\x7e]*$/.test(value)) return { status: 400, text: '' };
  const response = await whoFor(operation).fetch(path, {
    method: operation.method,
    headers: { [name]: value },
  });
  await response.body?.cancel();
  return { status: response.status, text: '' };
}

/** The fields of a body, through the union with null that an optional body is. */
function fieldsOf(schema: Schema): Record<string, Schema> {
  return (
    schema.properties ?? schema.anyOf?.find(({ properties }) => properties !== undefined)?.properties ?? {}
  );
}
