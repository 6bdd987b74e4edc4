import { describe, expect, test } from 'vitest';
import { toSdkPrompt } from '../../src/models/chat-prompt.ts';
import { contextWindowOf } from '../../src/models/context-window.ts';
import { ModelFault, ReportedError } from '../../src/models/faults.ts';
import { retryDelay, retryTransient } from '../../src/models/policy.ts';
import { dropThinking } from '../../src/models/think-tags.ts';
import { countTokens } from '../../src/models/tokens.ts';

describe('the prompt', () => {
  test('has one system text in front and strict turns', () => {
    const prompt = toSdkPrompt({
      system: 'Rules.',
      messages: [
        { role: 'user', content: 'One' },
        { role: 'user', content: 'Two' },
        { role: 'system', content: 'More rules.' },
        { role: 'assistant', content: ' ' },
        { role: 'user', content: 'Three' },
      ],
    });
    expect(prompt).toEqual([
      { role: 'system', content: 'Rules.\n\nMore rules.' },
      { role: 'user', content: [{ type: 'text', text: 'One\n\nTwo\n\nThree' }] },
    ]);
  });
});

test('a provider that caches only where it is asked to is asked at the last message that comes again', () => {
  const mark = { anthropic: { cacheControl: { type: 'ephemeral' } } };
  const turns = (...contents: string[]) =>
    toSdkPrompt(
      {
        system: 'Rules.',
        messages: contents.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content })),
      },
      mark,
    ).map(({ providerOptions }) => providerOptions);
  expect(turns('One')).toEqual([mark, undefined]);
  expect(turns('One', 'Two', 'Three')).toEqual([undefined, undefined, mark, undefined]);
});

describe('thinking that a server sends as text', () => {
  test.each([
    [['<think>secret</think>\n\nAnswer'], 'Answer'],
    [['<th', 'ink>sec', 'ret</thi', 'nk>', 'Answer'], 'Answer'],
    [['\n<think>\nlong ', 'x'.repeat(10_000), '</think>Answer'], 'Answer'],
    [['Answer <think>as text</think>'], 'Answer <think>as text</think>'],
    [['<b>Answer'], '<b>Answer'],
    [['<th'], '<th'],
    [['<think>never closed'], ''],
  ])('%j gives %j', (deltas, answer) => {
    const filter = dropThinking();
    expect(deltas.map((delta) => filter.push(delta)).join('') + filter.end()).toBe(answer);
  });
});

test.each([
  ['gpt-4o-mini', 128_000],
  ['openai/gpt-4.1', 1_047_576],
  ['anthropic/claude-sonnet-4-5', 200_000],
  ['llama3.1:8b', 131_072],
  ['a-model-of-tomorrow', 8_192],
])('the context window of %s is %d tokens unless configured', (model, tokens) => {
  expect(contextWindowOf(model)).toBe(tokens);
  expect(contextWindowOf(model, 1_234)).toBe(1_234);
});

describe('retries', () => {
  const limits = { maxAttempts: 3, backoffMs: 100, maxRetryAfterMs: 10_000 };
  test('wait longer each time, with jitter, and only for what may pass', () => {
    const busy = new ReportedError({ message: 'busy', type: 'overloaded_error' });
    const delays = Array.from({ length: 200 }, () => retryDelay(busy, 2, limits)!);
    expect(Math.max(...delays)).toBeLessThanOrEqual(200);
    expect(new Set(delays).size).toBeGreaterThan(100);
    expect(retryDelay(new ReportedError({ message: 'no such model' }), 1, limits)).toBeNull();
    expect(retryDelay(new ModelFault('first_token_timeout', ''), 1, limits)).toBeNull();
  });
  test('end a wait when the caller aborts', async () => {
    const stopper = new AbortController();
    const attempt = async () => {
      queueMicrotask(() => stopper.abort(new Error('stopped')));
      throw new ReportedError({ message: 'busy', code: 503 });
    };
    await expect(retryTransient(attempt, { ...limits, backoffMs: 60_000 }, stopper.signal)).rejects.toThrow(
      'stopped',
    );
  });
});

describe('counting tokens', () => {
  test('takes special tokens in a text as text', () => {
    expect(countTokens('Hello <|endoftext|> world')).toBeGreaterThan(3);
    expect(countTokens('')).toBe(0);
    expect(countTokens('The quick brown fox jumps over the lazy dog.')).toBe(10);
  });
  test.each([
    ['letters', 'A'.repeat(300_000)],
    ['spaces', ' '.repeat(300_000)],
    ['Chinese', '汉字文本测试内容'.repeat(40_000)],
    ['emoji', '👩‍👩‍👧'.repeat(40_000)],
  ])('is quick for a run of %s', (_name, text) => {
    const started = performance.now();
    expect(countTokens(text)).toBeGreaterThan(1_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
