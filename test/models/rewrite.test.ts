import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ChatModel } from '../../src/models/model.ts';
import { openaiCompatible } from '../../src/models/openai-compatible.ts';
import { parseQueries, rewriteQuery } from '../../src/models/rewrite.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { testLimits } from './provider-contract.ts';

describe('rewriting a follow-up', () => {
  let server: Provider;
  let model: ChatModel;
  beforeAll(async () => {
    server = await startProvider();
    const config = { llmBaseUrl: server.baseUrl, llmModel: 'm', limits: testLimits };
    model = (await openaiCompatible.connect(config, AbortSignal.timeout(5_000))).chat[0]!;
  });
  afterAll(() => server.close());
  beforeEach(() => server.reset());

  const history = [
    { role: 'user' as const, content: 'What was the revenue of Acme in 2023?' },
    { role: 'assistant' as const, content: 'It was 5 million [1].' },
  ];
  const rewrite = (deadlineMs?: number, signal = AbortSignal.timeout(10_000)) =>
    rewriteQuery(model, history, 'And in 2022?', signal, deadlineMs);

  test('gives the queries of the model, which saw the conversation as data', async () => {
    server.script(behave.answer('["What was the revenue of Acme in 2022?"]'));
    expect(await rewrite()).toMatchObject({ queries: ['What was the revenue of Acme in 2022?'] });
    const { prompt } = await server.chat(1);
    const sent: unknown = JSON.parse(prompt!.messages.at(-1)!.content);
    expect(sent).toEqual({ conversation: history, last_question: 'And in 2022?' });
  });

  test('asks no model about a first question', async () => {
    expect(await rewriteQuery(model, [], 'What is it?', AbortSignal.timeout(5_000))).toMatchObject({
      queries: ['What is it?'],
    });
    expect(server.chats).toHaveLength(0);
  });

  test.each([
    ['fails', behave.unauthorized(), /refused the key/],
    ['talks instead', behave.answer('I would ask about 2022.'), /no query/],
    ['is cut', behave.cut('["What was'), /ended the connection/],
    ['is slow', behave.hang(), /within 50 ms/],
  ])('falls back on the question and says why when the model %s', async (_name, behaviour, reason) => {
    server.script(behaviour);
    const result = await rewrite(behaviour.kind === 'hang' ? 50 : undefined);
    expect(result).toMatchObject({ queries: ['And in 2022?'], failed: expect.stringMatching(reason) });
  });

  test("is ended by the caller with the caller's reason", async () => {
    server.script(behave.hang());
    const stopper = new AbortController();
    const running = rewrite(undefined, stopper.signal);
    const { ended } = await server.chat(1);
    stopper.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
    expect(await ended).toBe('aborted');
  });
});

test.each([
  ['["a", "b"]', ['a', 'b']],
  ['Here you are:\n```json\n["a"]\n```', ['a']],
  ['["a", "a", "", 5, "b", "c", "d"]', ['a', 'b', 'c']],
  ['["two\\nlines"]', ['two lines']],
  ['[broken', []],
  ['{"query": "a"}', []],
])('the reply %j holds the queries %j', (reply, queries) => {
  expect(parseQueries(reply)).toEqual(queries);
});
