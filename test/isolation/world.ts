import { randomUUID } from 'node:crypto';
import type { Answer, ApiKey, SessionList, Share, Uploaded } from '@alcove/contract';
import { newPerson, type Person, type TestApp } from '../support/app.ts';

/** User A with two conversations, user B with one, and a word of A's first conversation that B and a2 must never see. */
export interface World {
  baseUrl: string;
  admin: Person;
  a: Person;
  b: Person;
  /** Another session of B's, to be ended. */
  bSpareToken: string;
  /** In every text of a1: title, tag, settings, messages, metadata, document name and content, key name. */
  canary: string;
  a1: string;
  a2: string;
  /** Deleted, and not erased yet. */
  a3: string;
  aProject: string;
  aTemplate: string;
  /** A chat client's own name of a chat of A's, in which the canary is too. */
  aChat: string;
  a1Document: string;
  a2Document: string;
  a1Message: string;
  a1Question: string;
  a1Answer: string;
  /** A link to a1 that is for A's administrator alone. */
  aShare: string;
  aShareToken: string;
  aSession: string;
  aKey: string;
  /** The text of that key. */
  aKeyText: string;
  b1: string;
  b1Document: string;
  b1Answer: string;
  /** A well-formed id that is nobody's. */
  nothing: string;
}

export const secretQuestion = 'What is the code of the vault in the lighthouse?';

export async function buildWorld({ baseUrl }: Pick<TestApp, 'baseUrl'>): Promise<World> {
  const canary = `Zebrafinch${randomUUID().slice(0, 8)}`;
  const admin = await newPerson(baseUrl);
  const a = await newPerson(baseUrl);
  const b = await newPerson(baseUrl);
  const spare = await b.json<{ access_token: string }>('POST', '/auth/login', {
    email: b.email,
    password: b.password,
  });
  await a.json('PATCH', '/auth/me', { name: `Ada ${canary}` });
  const { body: open } = await a.json<SessionList>('GET', '/auth/sessions');

  const a1 = await newConversation(a, `The vault ${canary}`);
  await a.json('PATCH', `/conversations/${a1}`, { tags: [canary] });
  const message = await a.json<{ id: string }>('POST', `/conversations/${a1}/messages`, {
    role: 'user',
    content: `Remember that the code of the vault is ${canary}.`,
    message_metadata: { search_results: [{ excerpt: canary }] },
  });
  const a1Document = await addText(
    a,
    a1,
    `${canary}.txt`,
    `The lighthouse\n\nThe code of the vault in the lighthouse is ${canary}. The keeper changes it every spring.`,
  );
  const asked = await ask(a, a1, secretQuestion);
  const key = await a.json<ApiKey & { key: string }>('POST', '/auth/keys', { name: `key ${canary}` });

  const share = await a.json<Share>('POST', `/conversations/${a1}/shares`, {
    document_ids: [a1Document],
    recipient: admin.email,
  });

  const a2 = await newConversation(a, 'Penguins');
  const a2Document = await addText(
    a,
    a2,
    'penguins.txt',
    'Penguins cannot fly. They live on the southern coasts and swim well.',
  );
  await ask(a, a2, 'Can penguins fly?');

  const project = await a.json<{ id: string }>('POST', '/projects', { name: canary, prompt: canary });
  const template = await a.json<{ id: string }>('POST', '/templates', {
    name: canary,
    starter_questions: [canary],
    from_conversation_id: a1,
  });
  const a3 = await newConversation(a, `Gone ${canary}`);
  await a.json('DELETE', `/conversations/${a3}`);

  const aChat = `chat-${randomUUID()}`;
  const chatted = await a.fetch('/api/chat', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: aChat,
      messages: [{ role: 'user', parts: [{ type: 'text', text: `Is ${canary} a bird?` }] }],
    }),
  });
  await chatted.text();

  const b1 = await newConversation(b, 'Bridges');
  const b1Document = await addText(
    b,
    b1,
    'bridges.txt',
    'The old bridge has seven arches. It was built of sandstone in 1342.',
  );
  const b1Asked = await ask(b, b1, 'How many arches has the bridge?');
  return {
    baseUrl,
    admin,
    a,
    b,
    bSpareToken: spare.body.access_token,
    canary,
    a1,
    a2,
    a3,
    aProject: project.body.id,
    aTemplate: template.body.id,
    aChat,
    a1Document,
    a2Document,
    a1Message: message.body.id,
    a1Question: asked.user_message_id,
    a1Answer: asked.message_id,
    aShare: share.body.id,
    aShareToken: share.body.url.split('/s/')[1] ?? '',
    aSession: open.sessions[0]?.id ?? '',
    aKey: key.body.id,
    aKeyText: key.body.key,
    b1,
    b1Document,
    b1Answer: b1Asked.message_id,
    nothing: '019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d',
  };
}

export async function newConversation(person: Person, title: string): Promise<string> {
  const { body } = await person.json<{ id: string }>('POST', '/conversations', { title });
  return body.id;
}

/** Adds a text as a document and waits until it is ready. */
export async function addText(
  person: Person,
  conversation: string,
  name: string,
  text: string,
): Promise<string> {
  const added = await person.json<Uploaded>('POST', `/conversations/${conversation}/documents?wait=vectors`, {
    name,
    text,
  });
  if (added.body.document?.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(added.body)}`);
  return added.body.document.id;
}

export async function ask(
  person: Person,
  conversation: string,
  query: string,
  more: object = {},
): Promise<Answer> {
  const { status, body } = await person.json<Answer>('POST', `/rag/conversation/${conversation}/query`, {
    query,
    ...more,
  });
  if (status !== 200) throw new Error(`not answered: ${JSON.stringify(body)}`);
  return body;
}

/** Everything that A can read of A's own, as text: equal before and after whatever B has tried. */
export async function snapshotOfA({ a, a1, a2, a1Document, a2Document }: World): Promise<string> {
  const parts: string[] = [];
  for (const path of [
    '/auth/me',
    '/auth/keys',
    '/auth/sessions',
    '/conversations',
    '/conversations?status=deleted',
    '/conversations/stats/overview',
    ...[a1, a2].flatMap((id) => [
      `/conversations/${id}`,
      `/conversations/${id}/documents`,
      `/conversations/${id}/stats`,
    ]),
    ...[a1Document, a2Document].flatMap((id) =>
      ['', '/text', '/chunks', '/content'].map((part) => `/documents/${id}${part}`),
    ),
  ]) {
    const response = await a.fetch(path);
    parts.push(`${path} ${response.status} ${await response.text()}`);
  }
  return parts.join('\n');
}
