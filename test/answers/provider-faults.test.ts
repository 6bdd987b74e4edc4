import { beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '@alcove/contract';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import type { Behaviour } from '../support/provider-behaviours.ts';
import { answeringApp } from './support/answering-app.ts';
import { askInVain, askJson, askStream, historyOf, newConversation } from './support/asking.ts';
import { closedGate } from './support/gate.ts';
import { expectNumbered, readAll, textOf, wireEvents } from './support/wire-events.ts';

/** Longer than the longest run of retries here, shorter than a person's patience. */
const answerTimeoutMs = 3_000;
// Port 9 (discard) refuses connections: the address of a provider that is not running.
const { provider, app } = await answeringApp({
  ANSWER_TIMEOUT_S: String(answerTimeoutMs / 1000),
  ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  ANTHROPIC_API_KEY: 'sk-unreachable',
});
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

const content = (text: string) =>
  JSON.stringify({ id: 'c1', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] });

interface Fault {
  behaviours: Behaviour[];
  status: number;
  code: ErrorCode;
  /** What had come before the fault. */
  partial?: string;
  /** Requests that the provider gets: a fault that may pass is tried again, never once a word has come. */
  attempts?: number;
  model?: string;
}

const faults: Record<string, Fault> = {
  'limits its rate for good': {
    behaviours: [behave.rateLimited(0), behave.rateLimited(0), behave.rateLimited(0)],
    status: 502,
    code: 'model_unavailable',
    attempts: 3,
  },
  'fails every time': {
    behaviours: [behave.serverError(), behave.serverError(503), behave.serverError()],
    status: 502,
    code: 'model_unavailable',
    attempts: 3,
  },
  'drops every connection': {
    behaviours: [behave.reset(), behave.reset(), behave.reset()],
    status: 502,
    code: 'model_unavailable',
    attempts: 3,
  },
  'is not running': {
    behaviours: [],
    status: 502,
    code: 'model_unavailable',
    attempts: 0,
    model: 'claude-sonnet-4-6',
  },
  'wants another key': { behaviours: [behave.unauthorized()], status: 502, code: 'model_unavailable' },
  'does not know the model': { behaviours: [behave.unknownModel()], status: 502, code: 'model_unavailable' },
  'has no credit left': { behaviours: [behave.quotaUsedUp()], status: 502, code: 'model_unavailable' },
  'finds the prompt too long': {
    behaviours: [behave.contextTooLong()],
    status: 422,
    code: 'context_overflow',
  },
  'answers 200 with an error': { behaviours: [behave.errorBody()], status: 502, code: 'model_unavailable' },
  'answers with a web page': { behaviours: [behave.page()], status: 502, code: 'model_unavailable' },
  'redirects elsewhere': {
    behaviours: [behave.redirect('http://127.0.0.1:9/v1/chat/completions')],
    status: 502,
    code: 'model_unavailable',
  },
  'hangs before its headers': { behaviours: [behave.hang()], status: 504, code: 'model_timeout' },
  'stands still in the middle': {
    behaviours: [behave.stall('The beginning', 1_000)],
    status: 504,
    code: 'model_timeout',
    partial: 'The beginning',
  },
  'is cut in the middle of a token': {
    behaviours: [behave.cut('The beginning')],
    status: 502,
    code: 'model_unavailable',
    partial: 'The beginning',
  },
  'ends without a finish': {
    behaviours: [behave.cut('The beginning', true)],
    status: 502,
    code: 'model_unavailable',
    partial: 'The beginning',
  },
  'sends an event that is not JSON': {
    behaviours: [behave.event('The beginning', '{"choices":[{"delta":{"content":"oh', ' and the end')],
    status: 502,
    code: 'model_unavailable',
    partial: 'The beginning',
  },
  'reports an error in the middle': {
    behaviours: [behave.errorEvent('The beginning')],
    status: 502,
    code: 'model_unavailable',
    partial: 'The beginning',
  },
  'sends one token of 10 MB': { behaviours: [behave.huge()], status: 502, code: 'model_unavailable' },
  'says nothing at all': { behaviours: [behave.answer('')], status: 502, code: 'model_unavailable' },
};

describe.each(Object.entries(faults))('when the provider %s', (_what, fault) => {
  const { behaviours, status, code, partial = '', attempts = 1, model } = fault;
  const more = model === undefined ? {} : { model };

  test(`the answer is ${status} ${code} in bounded time, the question and what came are kept`, async () => {
    const id = await newConversation(person);
    provider.script(...behaviours);
    const started = performance.now();
    const failed = await askInVain(person, id, 'What is a fjord?', more);
    expect(performance.now() - started).toBeLessThan(answerTimeoutMs + 2_000);
    expect(failed).toMatchObject({ status, body: { code, error: expect.stringMatching(/^[A-Z].*[.]$/) } });
    expect(JSON.stringify(failed.body)).not.toMatch(/sk-|127\.0\.0\.1|stack/);
    expect(provider.chats).toHaveLength(attempts);
    const [question, answer, ...others] = await historyOf(person, id);
    expect(others).toEqual([]);
    expect(question).toMatchObject({ role: 'user', content: 'What is a fjord?', status: 'complete' });
    expect(answer).toMatchObject({
      role: 'assistant',
      content: partial,
      status: partial === '' ? 'failed' : 'incomplete',
      metadata: { error: { code, error: failed.body.error } },
    });
    provider.reset();
    expect((await askJson(person, id, 'Once more?')).status).toBe(200);
  });
});

test('which setting mends it is told to an administrator, and kept for nobody else', async () => {
  const other = await newPerson((await app()).baseUrl);
  const told = async (one: Person) => {
    const id = await newConversation(one);
    provider.script(behave.unauthorized());
    const { body } = await askInVain(one, id, 'What is a fjord?');
    const [, answer] = await historyOf(one, id);
    expect(answer).toMatchObject({ metadata: { error: { error: body.error } } });
    return body.error.replace(/^.*? refused/, 'refused');
  };
  expect(await told(person)).toBe('refused the key: check LLM_API_KEY.');
  expect(await told(other)).toBe('refused the key: tell whoever runs this server, or ask again later.');
});

test('answers of earlier versions are shown without the settings that they name', async () => {
  const { baseUrl, app: server } = await app();
  const other = await newPerson(baseUrl);
  const id = await newConversation(other);
  const { id: kept } = await other.client.messages.add(id, { role: 'assistant', content: 'It quotes.' });
  const old =
    'No language model: answers quote the documents. Set LLM_BASE_URL and LLM_MODEL, or OPENAI_API_KEY, or start Ollama.';
  await server.db.pool.query('UPDATE messages SET metadata = $2, metadata_source = NULL WHERE id = $1', [
    kept,
    { notices: [old, 'Another.'] },
  ]);
  const [answer] = await historyOf(other, id);
  expect(answer?.metadata).toEqual({
    notices: ['No language model: answers quote the documents.', 'Another.'],
  });
});

describe('the stream of an answer that fails', () => {
  test.each(['is cut in the middle of a token', 'stands still in the middle', 'wants another key'] as const)(
    'ends with one error when the provider %s',
    async (what) => {
      const fault = faults[what];
      const id = await newConversation(person);
      provider.script(...(fault?.behaviours ?? []));
      const events = await readAll(wireEvents(await askStream(person, id, 'What is a fjord?')));
      expectNumbered(events);
      expect(events.map(({ type }) => type).filter((type) => type !== 'delta')).toEqual([
        'message',
        'failed',
      ]);
      expect(events.at(-1)?.data).toMatchObject({
        code: fault?.code,
        status: fault?.partial === undefined ? 'failed' : 'incomplete',
      });
      expect(textOf(events)).toBe(fault?.partial ?? '');
    },
  );
});

describe('a fault that passes', () => {
  test('is waited out as long as the provider says, and answered once', async () => {
    const id = await newConversation(person);
    provider.script(behave.rateLimited(1), behave.answer('At last.'));
    const started = performance.now();
    const { status, body } = await askJson(person, id, 'What is a fjord?');
    expect({ status, answer: body.answer }).toEqual({ status: 200, answer: 'At last.' });
    expect(performance.now() - started).toBeGreaterThan(1_000);
    expect(await historyOf(person, id)).toHaveLength(2);
  });

  test.each([
    ['500', behave.serverError()],
    ['a dropped connection', behave.reset()],
  ])('after %s is answered once', async (_what, behaviour) => {
    const id = await newConversation(person);
    provider.script(behaviour, behave.answer('At last.'));
    const events = await readAll(wireEvents(await askStream(person, id, 'What is a fjord?')));
    expect(textOf(events)).toBe('At last.');
    expect(events.at(-1)?.type).toBe('done');
    expect(await historyOf(person, id)).toHaveLength(2);
  });

  test('of lines that hold no text is not noticed', async () => {
    const id = await newConversation(person);
    provider.script(behave.event('One ', 'ping', 'two.'));
    expect((await askJson(person, id, 'Count.')).body.answer).toBe('One two.');
    provider.script(behave.event('One ', content('and a half '), 'two.'));
    expect((await askJson(person, id, 'Count.')).body.answer).toBe('One and a half two.');
  });
});

test.each([
  ['length', /ends early/],
  ['content_filter', /content filter/],
] as const)('an answer that the provider ends early by its %s says so', async (finish, notice) => {
  provider.script(behave.answer('Half an answer', { finish }));
  const { body } = await askJson(person, await newConversation(person), 'What is a fjord?');
  expect(body).toMatchObject({ status: 'complete', answer: 'Half an answer' });
  expect(body.metadata.notices.join('\n')).toMatch(notice);
  expect(body.metadata.finish_reason).toBe(finish);
});

test('stop works while the provider hangs', async () => {
  const id = await newConversation(person);
  provider.script(behave.hang());
  const asked = askJson(person, id, 'What is a fjord?');
  const request = await provider.chat(1);
  const [, running] = await historyOf(person, id);
  const started = performance.now();
  await person.json('POST', `/messages/${running?.id}/stop`, {});
  expect(await request.ended).toBe('aborted');
  expect(performance.now() - started).toBeLessThan(2_000);
  expect((await asked).body).toMatchObject({ status: 'cancelled', answer: '' });
});

test('one answer that hangs does not hold up another', async () => {
  const gate = closedGate();
  provider.script(behave.hang(), behave.answer('Quick.', { until: gate.opened }));
  const slow = askJson(person, await newConversation(person), 'Slow?');
  await provider.chat(1);
  gate.open();
  const quick = await askJson(person, await newConversation(person), 'Quick?');
  expect(quick.body.answer).toBe('Quick.');
  expect((await slow).status).toBe(504);
});
