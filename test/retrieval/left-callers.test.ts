import { afterAll, beforeAll, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { textFile } from '../documents/support/files.ts';
import { uploadAndWait } from '../documents/support/uploading.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';

let app: TestApp;
let provider: Provider;
let person: Person;
let conversation: string;
beforeAll(async () => {
  provider = await startProvider();
  app = await startTestApp({
    env: { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: 'test-embed' },
  });
  person = await newPerson(app.baseUrl);
  conversation = await newConversation(person);
  await uploadAndWait(person, conversation, textFile('a.txt', 'The lighthouse was built of granite.'));
});

afterAll(async () => {
  await app?.close();
  await provider?.close();
});

test.each([
  [
    'POST /conversations/:id/retrieve',
    () => `/conversations/${conversation}/retrieve`,
    () => ({ query: 'What was built?', strategy: 'vector' }),
  ],
  [
    'the search of MCP',
    () => '/mcp',
    () => ({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'search_documents',
        arguments: { conversation_id: conversation, query: 'Of what was it built?' },
      },
    }),
  ],
])('%s ends with the caller who has left', async (_, path, body) => {
  const before = provider.requests.length;
  provider.scriptEmbeddings(behave.hang());
  const leaving = new AbortController();
  const response = person.fetch(path(), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body()),
    signal: leaving.signal,
  });
  const asked = await until('the question is being embedded', async () => provider.requests[before]);
  leaving.abort();
  await expect(response).rejects.toThrow('aborted');
  expect(await asked.ended).toBe('aborted');
});
