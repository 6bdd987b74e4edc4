import { randomBytes } from 'node:crypto';
import type { Session, SessionList } from '@alcove/contract';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveKey } from '../../src/identity/secrets.ts';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';

// Open streams end with the credential that opened them, whatever the age of its token.

const withinMs = 10_000;
const secret = randomBytes(48).toString('base64url');

let app: TestApp;
let provider: Provider;
let admin: Person;

beforeAll(async () => {
  provider = await startProvider();
  app = await startTestApp({
    // Nothing is ingested: a document's events go on until somebody ends them.
    env: { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat', AUTH_SECRET: secret, ROLE: 'web' },
    allowErrors: true,
  });
  admin = await newPerson(app.baseUrl);
});

afterAll(async () => {
  // First the provider: nobody waits for its answers any more.
  await provider?.close();
  await app?.close();
});

/**
 * Seven streams of the person, opened with this token: of an answer, of a chat, of a completion, of a document, of the
 * answer and the chat again, and of all that changes.
 */
async function openStreams(owner: Person, who: Person): Promise<Response[]> {
  const conversations = await Promise.all(
    [0, 1, 2, 3].map(async () => (await owner.json<{ id: string }>('POST', '/conversations', {})).body.id),
  );
  const [asked = '', chatted = '', completed = '', filed = ''] = conversations;
  const { body } = await owner.json<{ document: { id: string } }>(
    'POST',
    `/conversations/${filed}/documents`,
    { name: 'a.txt', text: 'never read' },
  );
  provider.script(behave.hang(), behave.hang(), behave.hang());
  const post = (path: string, question: object) =>
    who.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(question),
    });
  const streams = await Promise.all([
    post(`/rag/conversation/${asked}/query`, { query: 'Wait?', stream: true }),
    post('/api/chat', { conversationId: chatted, messages: [{ role: 'user', content: 'Wait?' }] }),
    post('/v1/chat/completions', {
      model: `conv:${completed}`,
      stream: true,
      messages: [{ role: 'user', content: 'Wait?' }],
    }),
    who.fetch(`/documents/${body.document.id}/events`),
  ]);
  const { body: conversation } = await owner.json<ConversationPage>('GET', `/conversations/${asked}`);
  const again = await Promise.all([
    who.fetch(`/messages/${conversation.messages.at(-1)?.id}/stream`),
    who.fetch(`/api/chat/${chatted}/stream`),
    who.fetch('/events'),
  ]);
  for (const stream of [...streams, ...again]) expect(stream.status, stream.url).toBe(200);
  return [...streams, ...again];
}

interface ConversationPage {
  messages: { id: string }[];
}

/** Reads to the end, cut off or not. @returns milliseconds until then */
async function msToEnd(stream: Response): Promise<number> {
  const started = performance.now();
  await stream.text().catch(() => {});
  return performance.now() - started;
}

/** The session's own token, but one that is over soon, though not before its streams are open. */
async function shortLived(person: Person): Promise<Person> {
  const claims = JSON.parse(Buffer.from(person.token.split('.')[1] ?? '', 'base64url').toString()) as {
    sid: string;
    ver: number;
  };
  const token = await new SignJWT({ sid: claims.sid, ver: claims.ver })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setIssuer('alcove')
    .setAudience('alcove-api')
    .setSubject(person.id)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('8s')
    .sign(new Uint8Array(deriveKey(secret, 'access-token')));
  return personOf(app.baseUrl, token, person);
}

/** Another session of the person, which can end this one. */
async function elsewhere(person: Person): Promise<Person> {
  const response = await fetch(`${app.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: person.email, password: person.password }),
  });
  const { access_token: token } = (await response.json()) as Session;
  return personOf(app.baseUrl, token, person);
}

const ends: [string, (person: Person) => Promise<unknown>][] = [
  ['logout', (person) => person.json('POST', '/auth/logout')],
  [
    'its session’s end from another one',
    async (person) => {
      const { body } = await person.json<SessionList>('GET', '/auth/sessions');
      return (await elsewhere(person)).json('DELETE', `/auth/sessions/${body.sessions[0]?.id}`);
    },
  ],
  [
    'signing out everywhere else',
    async (person) => (await elsewhere(person)).json('DELETE', '/auth/sessions'),
  ],
  [
    'a new password',
    (person) =>
      person.json('POST', '/auth/password', {
        current_password: person.password,
        new_password: 'another long password',
      }),
  ],
  ['suspension', (person) => admin.json('PATCH', `/admin/users/${person.id}`, { status: 'suspended' })],
  ['deletion', (person) => person.json('DELETE', '/auth/me', { password: person.password })],
];

describe.concurrent('streams end within ten seconds of', () => {
  // Several at once: the `expect` that polls is the test's own.
  test.for(ends)(
    '%s, opened with a token that has expired since',
    { timeout: 60_000 },
    async ([_name, end], { expect }) => {
      const person = await newPerson(app.baseUrl);
      const who = await shortLived(person);
      const streams = await openStreams(person, who);
      await expect.poll(async () => (await who.fetch('/auth/me')).status, { timeout: 30_000 }).toBe(401);
      await end(person);
      for (const ms of await Promise.all(streams.map(msToEnd))) expect(ms).toBeLessThan(withinMs);
    },
  );

  test('the revocation of an API key', { timeout: 60_000 }, async () => {
    const person = await newPerson(app.baseUrl);
    const { body: key } = await person.json<{ id: string; key: string }>('POST', '/auth/keys', { name: 'k' });
    const streams = await openStreams(person, personOf(app.baseUrl, key.key, person));
    await person.json('DELETE', `/auth/keys/${key.id}`);
    for (const ms of await Promise.all(streams.map(msToEnd))) expect(ms).toBeLessThan(withinMs);
  });

  test('nothing, while the session lives on after its token', { timeout: 60_000 }, async ({ expect }) => {
    const person = await newPerson(app.baseUrl);
    const who = await shortLived(person);
    const streams = await openStreams(person, who);
    await expect.poll(async () => (await who.fetch('/auth/me')).status, { timeout: 30_000 }).toBe(401);
    const first = await Promise.race([
      ...streams.map(msToEnd),
      new Promise((resolve) => setTimeout(resolve, withinMs, 'still open')),
    ]);
    expect(first).toBe('still open');
    await person.json('POST', '/auth/logout');
  });
});
