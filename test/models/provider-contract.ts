import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import type { ModelLimits } from '../../src/models/limits.ts';
import type { ChatEvent, ChatModel, ModelConfig, ModelProvider } from '../../src/models/model.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';

/** Short enough for a test, long enough for a busy machine. */
export const testLimits: Partial<ModelLimits> = { backoffMs: 1, firstTokenMs: 10_000, stallMs: 10_000 };
export const testKey = 'sk-test-1234567890';

/** What every provider of chat models promises. A new one needs one call of this. */
export function describeChatProvider(
  plugin: ModelProvider,
  configure: (server: Provider) => ModelConfig,
): void {
  describe(`chat through ${plugin.name}`, () => {
    let server: Provider;
    beforeAll(async () => {
      server = await startProvider();
    });
    afterAll(() => server.close());
    beforeEach(() => server.reset());

    test('streams an answer in order, then usage, then the finish', async () => {
      // It goes on only when its first word was read.
      const first = Promise.withResolvers<void>();
      server.script(behave.answer('Paris is the capital of France. 東京 🗼', { until: first.promise }));
      const events = await collect(await connect(), undefined, () => first.resolve());
      expect(textOf(events)).toBe('Paris is the capital of France. 東京 🗼');
      expect(events.slice(-2)).toEqual([
        { type: 'usage', inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
        { type: 'finish', reason: 'stop' },
      ]);
    });

    test('sends the instructions, the history and the question as they are', async () => {
      server.script(behave.answer('Yes.'));
      await collect(await connect(), [
        { role: 'user', content: 'First question' },
        { role: 'assistant', content: 'First answer' },
        { role: 'user', content: 'Second question <b>&amp; "quoted"' },
      ]);
      const { prompt } = await server.chat(1);
      expect(prompt?.messages.map(({ content }) => content)).toEqual([
        'Be brief.',
        'First question',
        'First answer',
        'Second question <b>&amp; "quoted"',
      ]);
    });

    test.each(['length', 'content_filter'] as const)('says why an answer ended early: %s', async (finish) => {
      server.script(behave.answer('Half an answer', { finish }));
      expect((await collect(await connect())).at(-1)).toEqual({ type: 'finish', reason: finish });
    });

    test('leaves the reasoning out of the answer', async () => {
      server.script(behave.answer('Four.', { reasoning: 'two and two' }));
      expect(textOf(await collect(await connect()))).toBe('Four.');
    });

    test('tries again after 429 and after 500, and gives one answer', async () => {
      server.script(behave.rateLimited(0), behave.serverError(), behave.answer('At last.'));
      expect(textOf(await collect(await connect()))).toBe('At last.');
      expect(server.chats).toHaveLength(3);
    });

    test('tries again when the connection drops before the answer', async () => {
      server.script(behave.reset(), behave.answer('Here.'));
      expect(textOf(await collect(await connect()))).toBe('Here.');
    });

    test('gives up after three attempts', async () => {
      server.script(
        behave.serverError(503),
        behave.serverError(503),
        behave.serverError(503),
        behave.serverError(503),
      );
      const { error } = await fail(await connect());
      expect(error).toMatchObject({ code: 'model_unavailable', status: 502 });
      expect(server.chats).toHaveLength(3);
    });

    test('does not wait for a Retry-After of minutes, but passes it on', async () => {
      server.script(behave.rateLimited(600));
      const { error } = await fail(await connect());
      expect(error).toMatchObject({ code: 'model_unavailable', retryAfterSeconds: 600 });
      expect(server.chats).toHaveLength(1);
    });

    test.each([
      ['a refused key', behave.unauthorized(), 'model_unavailable', /refused the key: check [A-Z_]+_KEY/],
      ['an unknown model', behave.unknownModel(), 'model_unavailable', /check LLM_MODEL/],
      ['a prompt that is too long', behave.contextTooLong(), 'context_overflow', /too long for the model/],
      ['an error in a success', behave.errorBody(), 'model_unavailable', /instead of an answer/],
      ['a web page', behave.page(), 'model_unavailable', /did not answer with a stream: check that [A-Z_]+/],
      [
        'a redirect',
        behave.redirect('http://169.254.169.254/latest'),
        'model_unavailable',
        /redirects to another address/,
      ],
      ['no credit', behave.quotaUsedUp(), 'model_unavailable', /billing/],
    ] as const)('explains %s in one sentence', async (_name, behaviour, code, sentence) => {
      server.script(behaviour);
      const { error } = await fail(await connect());
      expect(error.code).toBe(code);
      expect(error.message).toMatch(sentence);
      expect(error.message).not.toContain(testKey);
      expect(String(error.cause)).not.toContain(testKey);
    });

    test.each([
      ['is dropped', behave.cut('The first half', false)],
      ['ends without a finish', behave.cut('The first half', true)],
      ['reports an error', behave.errorEvent('The first half')],
      ['holds a broken event', behave.event('The first half', '{"choices":[{"del', '')],
    ])('keeps what came and fails once when the stream %s', async (_name, behaviour) => {
      server.script(behaviour);
      const { error, events } = await fail(await connect());
      expect(textOf(events)).toBe('The first half');
      expect(error.code).toBe('model_unavailable');
      expect(server.chats).toHaveLength(1);
    });

    test('skips lines that a proxy mixes into the stream', async () => {
      server.script(behave.event('One ', 'ping', 'two.'));
      expect(textOf(await collect(await connect()))).toBe('One two.');
    });

    test('stops a token without end', async () => {
      server.script(behave.huge(10_000_000));
      const { error, events } = await fail(await connect());
      expect(error.code).toBe('model_unavailable');
      expect(textOf(events).length).toBeLessThanOrEqual(1_000_000);
      expect(await (await server.chat(1)).ended).toBe('aborted');
    });

    test.each([
      ['never answers', behave.hang(), { firstTokenMs: 50 }, /did not begin to answer/],
      ['stalls', behave.stall('The first half', 20), { stallMs: 100 }, /stopped sending/],
      ['does not end', behave.stall('The first half', 20), { totalMs: 200 }, /did not finish/],
    ] as const)('ends the request of a provider that %s', async (_name, behaviour, limits, sentence) => {
      server.script(behaviour);
      const { error } = await fail(await connect(limits));
      expect(error).toMatchObject({ code: 'model_timeout', status: 504 });
      expect(error.message).toMatch(sentence);
      expect(server.chats).toHaveLength(1);
      expect(await (await server.chat(1)).ended).toBe('aborted');
    });

    test('an abort ends the request at once and throws its own reason', async () => {
      server.script(behave.answer('One two three', { until: new Promise(() => {}) }));
      const stopper = new AbortController();
      const stream = (await connect()).stream(question(), stopper.signal);
      await stream.next();
      const next = stream.next();
      stopper.abort(new Error('stop pressed'));
      await expect(next).rejects.toThrow('stop pressed');
      expect(await (await server.chat(1)).ended).toBe('aborted');
    });

    test('an abort while waiting for an attempt throws its own reason', async () => {
      server.script(behave.hang());
      const stopper = new AbortController();
      const next = (await connect()).stream(question(), stopper.signal).next();
      const { ended } = await server.chat(1);
      stopper.abort(new Error('stop pressed'));
      await expect(next).rejects.toThrow('stop pressed');
      expect(await ended).toBe('aborted');
    });

    test('a reader that leaves ends the request', async () => {
      server.script(behave.answer('One two three', { until: new Promise(() => {}) }));
      for await (const event of (await connect()).stream(question(), new AbortController().signal)) {
        if (event.type === 'delta') break;
      }
      expect(await (await server.chat(1)).ended).toBe('aborted');
    });

    async function connect(limits: Partial<ModelLimits> = {}): Promise<ChatModel> {
      const config = { ...configure(server), limits: { ...testLimits, ...limits } };
      const [model] = (await plugin.connect(config, AbortSignal.timeout(20_000))).chat;
      if (!model) throw new Error(`${plugin.name} offers no chat model`);
      return model;
    }
  });
}

export function question(messages = [{ role: 'user' as const, content: 'What is the capital?' }]) {
  return { system: 'Be brief.', messages };
}

export async function collect(
  model: ChatModel,
  messages?: { role: 'user' | 'assistant' | 'system'; content: string }[],
  onEvent: () => void = () => {},
): Promise<ChatEvent[]> {
  const input = messages ? { system: 'Be brief.', messages } : question();
  const events: ChatEvent[] = [];
  for await (const event of model.stream(input, AbortSignal.timeout(20_000))) {
    events.push(event);
    onEvent();
  }
  return events;
}

/** Streams an answer that must fail; returns what came before the failure. */
export async function fail(model: ChatModel): Promise<{ error: AppError; events: ChatEvent[] }> {
  const events: ChatEvent[] = [];
  try {
    for await (const event of model.stream(question(), AbortSignal.timeout(20_000))) events.push(event);
  } catch (error) {
    if (error instanceof AppError) return { error, events };
    throw error;
  }
  throw new Error('the answer did not fail');
}

export function textOf(events: ChatEvent[]): string {
  return events.map((event) => (event.type === 'delta' ? event.text : '')).join('');
}
