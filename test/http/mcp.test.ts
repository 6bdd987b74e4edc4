import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { answeringApp } from '../answers/support/answering-app.ts';
import { conversationAbout, historyOf, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, personOf, startTestApp } from '../support/app.ts';
import { behave } from '../support/provider.ts';

const { provider, app } = await answeringApp();
let person: Person;
let stranger: Person;
beforeAll(async () => {
  const { baseUrl } = await app();
  [person, stranger] = [await newPerson(baseUrl), await newPerson(baseUrl)];
});

async function connect(who: Person): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${who.token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${who.baseUrl}/mcp`), { requestInit }));
  return client;
}

/** What the tool says, and whether it failed. */
async function call(client: Client, name: string, args: Record<string, unknown> = {}) {
  const { content, isError = false } = await client.callTool({ name, arguments: args });
  const [part] = content;
  return { isError, text: part?.type === 'text' ? part.text : '' };
}

async function limitedTo(conversation: string | null, scope: 'read' | 'conversation'): Promise<Person> {
  const { body } = await person.json<{ key: string }>('POST', '/auth/keys', {
    name: 'limited',
    scope,
    ...(conversation === null ? {} : { conversation_id: conversation }),
  });
  return personOf(person.baseUrl, body.key, person);
}

async function namesOf(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name).toSorted();
}

const reading = ['list_conversations', 'list_documents', 'read_document', 'search_documents'];

describe('MCP', () => {
  test('lists, adds, searches, reads and asks', async () => {
    const client = await connect(person);
    expect(await namesOf(client)).toEqual(
      [...reading, 'add_document', 'ask', 'create_conversation'].toSorted(),
    );
    const made = JSON.parse((await call(client, 'create_conversation', { title: 'Boilers' })).text) as {
      id: string;
    };
    const added = JSON.parse(
      (
        await call(client, 'add_document', {
          conversation_id: made.id,
          name: 'cellars',
          text: 'The boiler stands in cellar 7B.',
        })
      ).text,
    ) as { id: string; name: string };
    expect(added.name).toBe('cellars.txt');
    await person.client.documents.wait(added.id);
    expect((await call(client, 'list_conversations')).text).toContain('Boilers');
    expect((await call(client, 'list_documents', { conversation_id: made.id })).text).toContain(added.id);
    const found = await call(client, 'search_documents', { conversation_id: made.id, query: 'boiler' });
    expect(JSON.parse(found.text)).toMatchObject({
      passages: [{ document_name: 'cellars.txt', content: expect.stringContaining('7B') }],
    });
    const read = await call(client, 'read_document', { document_id: added.id, char_start: 4, length: 6 });
    expect(JSON.parse(read.text)).toMatchObject({ text: 'boiler', characters: 31 });
    provider.script(behave.answer('In cellar 7B [1].'));
    const answer = await call(client, 'ask', { conversation_id: made.id, question: 'Where is it?' });
    expect(answer.text).toContain('In cellar 7B [1].');
    expect(answer.text).toContain(`[1] cellars.txt`);
    expect(await historyOf(person, made.id)).toHaveLength(2);
  });

  test('shows nothing of another person', async () => {
    const secret = await conversationAbout(stranger, 'The vault opens with KESTREL-77.');
    const [document] = (await stranger.client.documents.list(secret)).documents;
    const client = await connect(person);
    for (const [tool, args] of [
      ['list_documents', { conversation_id: secret }],
      ['search_documents', { conversation_id: secret, query: 'vault' }],
      ['read_document', { document_id: document?.id }],
      ['ask', { conversation_id: secret, question: 'Which word opens the vault?' }],
      ['add_document', { conversation_id: secret, name: 'a.txt', text: 'planted' }],
    ] as const) {
      const { isError, text } = await call(client, tool, args);
      expect({ tool, isError }).toEqual({ tool, isError: true });
      expect(text).not.toMatch(/KESTREL|vault opens/);
    }
    expect((await call(client, 'list_conversations')).text).not.toContain(secret);
    expect(await historyOf(stranger, secret)).toEqual([]);
  });

  test('gives a read-only key the tools that read, and a key for one conversation that one', async () => {
    const [mine, other] = [
      await conversationAbout(person, 'Storks winter in the south.'),
      await conversationAbout(person, 'Herons stay.'),
    ];
    expect(await namesOf(await connect(await limitedTo(null, 'read')))).toEqual(reading);
    const client = await connect(await limitedTo(mine, 'conversation'));
    expect(await namesOf(client)).not.toContain('create_conversation');
    expect(JSON.parse((await call(client, 'list_conversations')).text)).toMatchObject({
      conversations: [{ id: mine }],
    });
    expect(
      (await call(client, 'search_documents', { conversation_id: mine, query: 'storks' })).text,
    ).toContain('Storks');
    for (const [tool, args] of [
      ['search_documents', { conversation_id: other, query: 'herons' }],
      ['ask', { question: 'Where are herons?' }],
    ] as const)
      expect((await call(client, tool, args)).isError).toBe(true);
  });

  test('says what is wrong with arguments, and asks for a credential', async () => {
    const client = await connect(person);
    const wrong = await call(client, 'search_documents', { conversation_id: 'x', query: '' });
    expect(wrong.isError).toBe(true);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const nobody = await fetch(`${person.baseUrl}/mcp`, { method: 'POST', headers, body });
    expect(nobody.status).toBe(401);
    expect((await person.fetch('/mcp')).status).toBe(405);
  });

  test('counts a question as a message, whatever it comes by', async () => {
    const few = await startTestApp({ env: { MESSAGES_PER_MINUTE: '2' } });
    try {
      const who = await newPerson(few.baseUrl);
      const client = await connect(who);
      expect((await call(client, 'ask', { question: 'One?' })).isError).toBe(false);
      expect((await who.json('POST', '/rag/query', { query: 'Two?' })).status).toBe(200);
      const third = await call(client, 'ask', { question: 'Three?' });
      expect(third).toMatchObject({
        isError: true,
        text: expect.stringContaining('Too many requests: at most 2'),
      });
      expect((await call(client, 'list_conversations')).isError).toBe(false);
    } finally {
      await few.close();
    }
  });

  test('serves fifty clients at once, each its own', async () => {
    const conversation = await newConversation(person);
    const theirs = await newConversation(stranger);
    const clients = await Promise.all(
      Array.from({ length: 50 }, (_, at) => connect(at % 2 === 0 ? person : stranger)),
    );
    const seen = await Promise.all(clients.map((client) => call(client, 'list_conversations')));
    for (const [at, { text }] of seen.entries()) {
      expect(text).toContain(at % 2 === 0 ? conversation : theirs);
      expect(text).not.toContain(at % 2 === 0 ? theirs : conversation);
    }
  });
});
