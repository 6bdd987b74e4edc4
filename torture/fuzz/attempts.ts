import { mustBe } from '../support/claims.ts';
import { question } from './actions.ts';
import { judgeWords } from './reading.ts';
import type { FuzzConversation, FuzzUser, World } from './world.ts';

// What people try with requests that are not, or no longer, theirs.

/** The same request with the same key: one effect, and nothing of what was deleted. By others it is their own request. */
export async function replay(world: World, at: number, by: number): Promise<void> {
  const sent = world.sent[at % world.sent.length];
  if (sent === undefined) return;
  const readers = world.readers();
  const reader = readers[by % readers.length];
  if (reader === undefined || reader.token === null) return;
  const reply = await world.here.call('POST', sent.path, reader.token, sent.body, {
    'idempotency-key': sent.key,
  });
  const what = `a replay of POST ${sent.path} by ${reader.name}`;
  // What the request itself says may come back in its answer.
  const own = JSON.stringify(sent.body);
  judgeWords(
    world,
    reader,
    { kind: 'account' },
    {
      ...reply,
      text: withoutWordsOf(
        reply.text,
        own,
        reader.userId === sent.userId && isThere(world, sent.conversationId),
      ),
    },
    what,
  );
  const isOwner = reader.userId === sent.userId && [null, sent.conversationId].includes(reader.limitedTo);
  if (reader.userId === null) mustBe(reply.status === 401, `${what} is answered with ${reply.status}`);
  else if (!isOwner || !isThere(world, sent.conversationId))
    mustBe(isRefusal(world, reply.status), `${what} is answered with ${reply.status}: ${reply.text}`);
  // A key that may only read is refused before its request is looked at.
  else
    mustBe(
      [sent.first.status, 403, 404, 409].includes(reply.status),
      `${what} is answered with ${reply.status}: ${reply.text}`,
    );
}

function isRefusal({ refuses }: World, status: number): boolean {
  return status === 403 || status === 404 || (!refuses && status < 500);
}

function isThere({ conversations }: World, id: string): boolean {
  return conversations.some((one) => one.id === id && one.isAlive);
}

function withoutWordsOf(text: string, sent: string, isAllowed: boolean): string {
  return isAllowed
    ? (sent.match(/zqx[a-z0-9]{12}/g) ?? []).reduce((left, word) => left.replaceAll(word, ''), text)
    : text;
}

/** Somebody tries to change what is another's. */
export async function trespass(world: World, by: FuzzUser, { id }: FuzzConversation): Promise<void> {
  const canary = world.plant('message', '', id);
  canary.isAlive = false;
  const attempts: [string, string, unknown][] = [
    ['POST', `/conversations/${id}/messages`, { role: 'user', content: canary.word }],
    ['POST', `/conversations/${id}/documents`, { name: `${canary.word}.txt`, text: canary.word }],
    ['PATCH', `/conversations/${id}`, { title: canary.word }],
    ['DELETE', `/conversations/${id}`, undefined],
    ['POST', `/rag/conversation/${id}/query`, { query: question }],
    ['POST', '/auth/keys', { name: canary.word, scope: 'conversation', conversation_id: id }],
  ];
  for (const [method, path, body] of attempts) {
    const { status } = await world.here.call(method, path, by.token, body);
    mustBe(isRefusal(world, status), `${method} ${path} by another is answered with ${status}`);
  }
}
