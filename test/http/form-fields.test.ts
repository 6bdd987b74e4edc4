import type { Document, Uploaded } from '@alcove/contract';
import { beforeAll, describe, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { filesOf } from '../documents/support/uploading.ts';
import { newPerson, type Person, sharedApp, type TestApp } from '../support/app.ts';
import { expectProblem } from './problem.ts';

// The fields of a form are read as strictly as those of JSON, in whatever order they come.

const app = sharedApp({ env: { ROLE: 'web' } });
let server: TestApp;
let person: Person;
let mine: string;
let other: string;
beforeAll(async () => {
  server = await app();
  person = await newPerson(server.baseUrl);
  [mine, other] = [await newConversation(person), await newConversation(person)];
});

type Part = [name: string, value: string] | File;
const file = new File(['The text of a file.'], 'a.txt');

function send(path: string, parts: readonly Part[], who = person): Promise<Response> {
  const form = new FormData();
  for (const part of parts)
    if (Array.isArray(part)) form.append(...part);
    else form.append('file', part);
  return who.fetch(path, { method: 'POST', body: form });
}

async function expectRefused(response: Response) {
  const problem = await expectProblem(response, 'invalid_request');
  await until('nothing is kept', async () => (await filesOf(server, person)).length === 0);
  for (const id of [mine, other]) expect((await person.client.documents.list(id)).documents).toEqual([]);
  return problem;
}

describe('a field that nobody knows', () => {
  const paths = [
    ['/api/upload', () => '/api/upload'],
    ['/api/upload with the conversation in the query', () => `/api/upload?conversationId=${mine}`],
    ['/conversations/:id/documents', () => `/conversations/${mine}/documents`],
  ] as const;

  test.each(paths)('is refused with the nearest known one: %s', async (_, path) => {
    const known: Part[] = path() === '/api/upload' ? [['conversationId', mine]] : [];
    const field: Part = ['conversationIdd', mine];
    for (const parts of [
      [field, file],
      [file, field],
      [...known, file, field],
      [field, ...known, file],
    ]) {
      const problem = await expectRefused(await send(path(), parts));
      expect(problem.error).toMatch(/did you mean "conversationId"\?$/);
      expect(problem.issues).toEqual([
        {
          path: 'conversationIdd',
          message: '"conversationIdd" is not known: did you mean "conversationId"?',
        },
      ]);
    }
  });

  test.each(paths)('is refused where it is a file: %s', async (_, path) => {
    const form = new FormData();
    form.append('conversationId', mine);
    form.append('file', file);
    form.append('files', file);
    const problem = await expectRefused(await person.fetch(path(), { method: 'POST', body: form }));
    expect(problem.issues).toEqual([
      { path: 'files', message: '"files" is not known: did you mean "file"?' },
    ]);
  });

  test('is refused in an import, of which nothing is kept', async () => {
    const chat = {
      uuid: 'c-1',
      name: 'Rivers',
      chat_messages: [{ uuid: 'm1', sender: 'human', text: 'Hi', created_at: '2025-03-01T10:00:00Z' }],
    };
    const before = (await person.client.conversations.list()).conversations.length;
    const problem = await expectProblem(
      await send('/import', [new File([JSON.stringify([chat])], 'chats.json'), ['dry_run', 'true']]),
      'invalid_request',
    );
    expect(problem.issues).toEqual([{ path: 'dry_run', message: '"dry_run" is not known: known are file' }]);
    expect((await person.client.conversations.list()).conversations).toHaveLength(before);
  });
});

describe('an upload that names two conversations', () => {
  const camel = (id: string): Part => ['conversationId', id];
  const snake = (id: string): Part => ['conversation_id', id];
  test.each<[string, () => string, () => Part[]]>([
    ['before the file', () => '/api/upload', () => [camel(mine), camel(other), file]],
    ['in both spellings before the file', () => '/api/upload', () => [camel(mine), snake(other), file]],
    ['behind the file', () => '/api/upload', () => [camel(mine), file, snake(other)]],
    ['behind a file that came first', () => '/api/upload', () => [file, snake(mine), file, snake(other)]],
    ['behind files alone', () => '/api/upload', () => [file, camel(mine), snake(other)]],
    ['in the query', () => `/api/upload?conversationId=${mine}`, () => [camel(other), file]],
    ['in the query, behind the file', () => `/api/upload?conversationId=${mine}`, () => [file, snake(other)]],
    ['in the path', () => `/conversations/${mine}/documents`, () => [camel(other), file]],
    ['in the path, behind the file', () => `/conversations/${mine}/documents`, () => [file, snake(other)]],
  ])('is refused whole: %s', async (_, path, parts) => {
    const problem = await expectRefused(await send(path(), parts()));
    expect(problem.error).toBe('The upload names two conversations.');
  });

  test('is not what replaces a document, either', async () => {
    const who = await newPerson(server.baseUrl);
    const uploaded = await send(`/conversations/${await newConversation(who)}/documents`, [file], who);
    const { document } = (await uploaded.json()) as Uploaded;
    const elsewhere = camel(await newConversation(who));
    const response = await send(`/documents/${document.id}/replace`, [elsewhere, file], who);
    await expectProblem(response, 'invalid_request');
    await until('the original alone is kept', async () => (await filesOf(server, who)).length === 1);
    const now = await who.json<Document>('GET', `/documents/${document.id}`);
    expect(now.body).toMatchObject({ sha256: document.sha256, replacement: null });
  });
});

test('one conversation may be named in all these places, in either case, with blanks around it', async () => {
  const who = await newPerson(server.baseUrl);
  const id = await newConversation(who);
  for (const path of [`/api/upload?conversationId=${id}`, `/conversations/${id}/documents`]) {
    const form = new FormData();
    form.append('conversationId', '');
    form.append('conversation_id', ` ${id.toUpperCase()} `);
    form.append('file', file);
    form.append('conversationId', id);
    const response = await who.fetch(path, { method: 'POST', body: form });
    expect(response.status, await response.clone().text()).toBe(202);
    expect(await response.json()).toMatchObject({ document: { conversation_id: id } });
  }
});
