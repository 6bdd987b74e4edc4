import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, type ModelMessage, streamText } from 'ai';
import { beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person } from '../support/app.ts';
import { behave } from '../support/provider.ts';
import { answeringApp } from './support/answering-app.ts';
import { conversationAbout, historyOf, newConversation } from './support/asking.ts';

const { provider, app } = await answeringApp();
let person: Person;
beforeAll(async () => {
  person = await newPerson((await app()).baseUrl);
});

/** A conversation as a client of OpenAI's protocol sees it. */
function modelFor(conversation: string, who = person) {
  const baseURL = `${who.baseUrl}/v1`;
  return createOpenAICompatible({ name: 'alcove', baseURL, apiKey: who.token, includeUsage: true })(
    `conv:${conversation}`,
  );
}

async function ask(conversation: string, messages: ModelMessage[]): Promise<string> {
  const { text } = await generateText({ model: modelFor(conversation), messages, maxRetries: 0 });
  return text;
}

function complete(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return person.fetch('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const said = (role: 'user' | 'assistant', content: string): ModelMessage => ({ role, content });

/** What the model has been sent, without the instructions. */
async function promptOf(n: number): Promise<string[]> {
  const { prompt } = await provider.chat(n);
  return (prompt?.messages ?? []).filter(({ role }) => role !== 'system').map(({ content }) => content);
}

describe('chat completions', () => {
  test('answer from the documents of the conversation that the model names', async () => {
    const conversation = await conversationAbout(person, 'The boiler stands in cellar 7B.');
    const other = await conversationAbout(person, 'The boiler stands in attic 99X.');
    const n = provider.chats.length;
    provider.script(behave.answer('It stands in cellar 7B [1].'));
    const response = await complete({
      model: `conv:${conversation}`,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Where is the boiler?' }] }],
      temperature: 0.2,
      a_field_of_tomorrow: true,
    });
    expect(response.status).toBe(200);
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: `conv:${conversation}`,
      choices: [
        { message: { role: 'assistant', content: 'It stands in cellar 7B [1].' }, finish_reason: 'stop' },
      ],
      alcove: {
        conversation_id: conversation,
        sources: [{ n: 1, document_name: 'notes.txt', verified: true }],
        citations: [{ n: 1, verification: 'verified' }],
      },
    });
    const prompt = JSON.stringify(await provider.chat(n + 1));
    expect(prompt).toContain('7B');
    expect(prompt).not.toContain('99X');
    expect(await historyOf(person, other)).toEqual([]);
    expect((await historyOf(person, conversation)).map(({ content }) => content)).toEqual([
      'Where is the boiler?',
      'It stands in cellar 7B [1].',
    ]);
  });

  test('stream to a client of the protocol, with the tokens at the end', async () => {
    const conversation = await newConversation(person);
    provider.script(behave.answer('Word for word.'));
    const result = streamText({ model: modelFor(conversation), prompt: 'Speak.', maxRetries: 0 });
    let text = '';
    for await (const part of result.textStream) text += part;
    expect(text).toBe('Word for word.');
    expect(await result.finishReason).toBe('stop');
    expect((await result.usage).outputTokens).toBeGreaterThan(0);
  });

  test('go on where the history that the client sends ends', async () => {
    const conversation = await newConversation(person);
    const n = provider.chats.length;
    provider.script(behave.answer('Oslo.'), behave.answer('Bergen.'), behave.answer('Neither.'));
    const first = said('user', 'Which city?');
    const oslo = said('assistant', await ask(conversation, [first]));
    await ask(conversation, [first, oslo, said('user', 'Another one?')]);
    expect(await historyOf(person, conversation)).toHaveLength(4);
    // Another chat of the same conversation knows nothing of this one.
    await ask(conversation, [said('user', 'Which of them?')]);
    expect(await promptOf(n + 2)).toEqual(['Which city?', 'Oslo.', 'Another one?']);
    expect(await promptOf(n + 3)).toEqual(['Which of them?']);
    expect(await historyOf(person, conversation)).toHaveLength(2);
  });

  test('keep a history that the conversation does not hold as a branch of its own', async () => {
    const conversation = await newConversation(person);
    provider.script(behave.answer('Oslo.'));
    await ask(conversation, [said('user', 'Which city?')]);
    const n = provider.chats.length;
    provider.script(behave.answer('Yes.'));
    const edited = [said('user', 'Which river?'), said('assistant', 'Oslo.'), said('user', 'Sure?')];
    const messages = [{ role: 'system', content: 'Be brief.' }, ...edited];
    expect((await complete({ model: `conv:${conversation}`, messages })).status).toBe(200);
    expect(await promptOf(n + 1)).toEqual(['Which river?', 'Oslo.', 'Sure?']);
    expect(JSON.stringify(await provider.chat(n + 1))).toContain('Be brief.');
    const stored = await historyOf(person, conversation);
    expect(stored.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'Be brief.'],
      ['user', 'Which river?'],
      ['assistant', 'Oslo.'],
      ['user', 'Sure?'],
      ['assistant', 'Yes.'],
    ]);
  });

  test('with an Idempotency-Key ask once', async () => {
    const conversation = await newConversation(person);
    provider.script(behave.answer('Once.'));
    const body = { model: `conv:${conversation}`, messages: [{ role: 'user', content: 'How often?' }] };
    const headers = { 'idempotency-key': `openai-${conversation}` };
    const first = (await (await complete(body, headers)).json()) as { id: string };
    const again = (await (await complete(body, headers)).json()) as { id: string };
    expect(again.id).toBe(first.id);
    expect(await historyOf(person, conversation)).toHaveLength(2);
  });

  test('of another person, or of no conversation, are refused', async () => {
    const stranger = await newPerson(person.baseUrl);
    const theirs = await newConversation(stranger);
    const messages = [{ role: 'user', content: 'Anything?' }];
    for (const [model, status, code] of [
      [`conv:${theirs}`, 403, 'forbidden'],
      ['gpt-5', 404, 'not_found'],
    ] as const) {
      const response = await complete({ model, messages });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ code });
    }
    expect(await historyOf(stranger, theirs)).toEqual([]);
  });

  test('need a question at their end', async () => {
    const model = `conv:${await newConversation(person)}`;
    const response = await complete({ model, messages: [{ role: 'assistant', content: 'I speak first.' }] });
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain('the last message is the question');
  });
});

describe('models', () => {
  test('are the conversations of the caller, and for a limited key its own alone', async () => {
    const who = await newPerson(person.baseUrl);
    const [one, two] = [await newConversation(who), await newConversation(who)];
    const list = async (headers: Record<string, string> = {}) => {
      const response = await who.fetch('/v1/models', { headers });
      return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
    };
    expect((await list()).toSorted()).toEqual([`conv:${one}`, `conv:${two}`].toSorted());
    const { body: key } = await who.json<{ key: string }>('POST', '/auth/keys', {
      name: 'one',
      scope: 'conversation',
      conversation_id: one,
    });
    const authorization = `Bearer ${key.key}`;
    expect(await list({ authorization })).toEqual([`conv:${one}`]);
    const refused = await who.fetch(`/v1/models/conv:${two}`, { headers: { authorization } });
    expect(refused.status).toBe(403);
  });
});
