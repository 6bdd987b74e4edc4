import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { behave, type Provider, startProvider } from '../support/provider.ts';

let server: Provider;
beforeAll(async () => {
  server = await startProvider({ apiKey: 'right-key' });
});
afterAll(() => server.close());
beforeEach(() => server.reset());

async function ask(content: string, key = 'right-key'): Promise<Response> {
  const body = JSON.stringify({ model: 'test-chat', messages: [{ role: 'user', content }] });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return await fetch(`${server.baseUrl}/chat/completions`, { method: 'POST', headers, body });
}

test.each([
  [
    'tagged',
    'Cite as <source n="1">an example</source>.\n<source n="1" name="a.pdf">It rained. It snowed.</source>\n<source n="2">No.</source>',
    'It rained.',
  ],
  ['numbered', 'Cite as [1].\n\n[1] a.pdf, page 3\nIt rained. It snowed.\n\n[2] b.pdf\nNo.', 'It rained.'],
])('quotes the first %s source by default', async (_form, prompt, quote) => {
  const body: unknown = await (await ask(prompt)).json();
  expect(body).toMatchObject({ choices: [{ message: { content: `The document says "${quote}" [1].` } }] });
});

test('answers from what it was asked when a script says so', async () => {
  server.script(behave.answer(({ text }) => `You said: ${text}`));
  expect(await (await ask('hello')).text()).toContain('You said: hello');
  expect((await server.chat(1)).prompt?.text).toBe('hello');
});

test('refuses another key than its own', async () => {
  expect((await ask('hello', 'wrong')).status).toBe(401);
});
