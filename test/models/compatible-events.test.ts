import { describe, expect, test } from 'vitest';
import { completionEvents } from '../../src/models/compatible-events.ts';

const text = (one: string) => ({ type: 'text', text: one });
const delta = (one: unknown, more: object = {}) => JSON.stringify({ choices: [{ delta: one, ...more }] });

describe('an event of a streamed completion', () => {
  test.each([
    [delta({ role: 'assistant', content: '' }), []],
    [delta({ content: 'Word ' }), [text('Word ')]],
    [delta({ content: null, reasoning_content: 'Let me see.' }), [{ type: 'thought' }]],
    [delta({ reasoning: 'Let me see.', content: 'So' }), [{ type: 'thought' }, text('So')]],
    [
      delta({
        content: [
          { type: 'thinking', thinking: [] },
          { type: 'text', text: 'So' },
        ],
      }),
      [{ type: 'thought' }, text('So')],
    ],
    [delta({ content: [{ type: 'reference' }] }), []],
    [delta({ refusal: 'I cannot say.' }), [text('I cannot say.')]],
    [delta({ tool_calls: [{ index: 0 }] }), []],
    [JSON.stringify({ choices: [{ finish_reason: 'stop' }] }), []],
    [JSON.stringify({ choices: [], prompt_filter_results: [] }), []],
    [JSON.stringify({ choices: [{ delta: { content: 'a' } }], error: null }), [text('a')]],
    [JSON.stringify({ usage: { prompt_tokens: 1 } }), []],
    [JSON.stringify({ id: 'c', object: 'ping' }), []],
    ['ping', []],
    ['[DONE]', []],
    ['[1, 2]', []],
  ])('%s', (data, parts) => {
    expect(completionEvents().read(data)).toEqual(parts);
  });

  test.each([
    '{"choices":[{"delta":{"content":"half',
    '{"choices":null}',
    '{"choices":["text"]}',
    delta('text'),
    delta({ content: 7 }),
    delta({ content: ['text'] }),
    '{"delta":{"text":"of another API"}}',
  ])('that may have held text is no answer: %s', (data) => {
    expect(() => completionEvents().read(data)).toThrow(
      expect.objectContaining({ kind: 'malformed' }) as Error,
    );
  });

  test('that reports an error throws it with its facts', () => {
    const overloaded = JSON.stringify({ error: { message: 'Too busy.', type: 'overloaded_error' } });
    expect(() => completionEvents().read(overloaded)).toThrow(
      expect.objectContaining({ facts: expect.objectContaining({ status: 503 }) as object }) as Error,
    );
  });
});

describe('the end of a streamed completion', () => {
  test.each([
    ['stop', {}, 'stop'],
    ['length', {}, 'length'],
    ['content_filter', {}, 'content_filter'],
    ['tool_calls', {}, 'other'],
    ['stop', { refusal: 'No.' }, 'content_filter'],
  ])('%s %j', (finish, more, reason) => {
    const events = completionEvents();
    events.read(delta(more));
    events.read(delta({}, { finish_reason: finish }));
    events.read(JSON.stringify({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 3 } }));
    expect(events.end()).toEqual({ type: 'end', reason, inputTokens: 12, outputTokens: 3 });
  });

  test('without a reason is a cut', () => {
    const events = completionEvents();
    events.read(delta({ content: 'So' }));
    events.read('[DONE]');
    expect(() => events.end()).toThrow(expect.objectContaining({ kind: 'cut' }) as Error);
  });
});
