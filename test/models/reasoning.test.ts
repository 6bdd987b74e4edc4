import { expect, test } from 'vitest';
import { google } from '../../src/models/google.ts';
import { thinks } from '../../src/models/reasoning.ts';

test.each([
  'o3-mini',
  'gpt-5.4-mini',
  'openai/gpt-oss-120b',
  'gemini-flash-latest',
  'gemini-2.5-pro',
  'google/gemini-3-pro-preview',
  'grok-4',
  'x-ai/grok-4-fast',
  'glm-4.5-air',
  'z-ai/glm-4.6',
  'qwen3:8b',
  'deepseek-r1:14b',
  'kimi-k2-thinking',
])('%s thinks before it answers', (id) => {
  expect(thinks(id)).toBe(true);
});

test.each([
  'gpt-4o',
  'gemini-2.0-flash',
  'gemini-1.5-pro',
  'grok-2',
  'glm-4-9b',
  'glm-4',
  'llama3.2',
  'claude-sonnet-4-6',
  'mistral-large',
])('%s does not', (id) => {
  expect(thinks(id)).toBe(false);
});

test("Google's default model has room for its thoughts", async () => {
  const { chat } = await google.connect({ googleApiKey: 'key' }, AbortSignal.timeout(5_000));
  expect(chat[0]?.reasons).toBe(true);
});
