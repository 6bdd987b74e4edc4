import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ConversationScope } from '../../src/conversations/scope.ts';
import { newId, nobody } from '../../src/db/ids.ts';
import { insertDocuments } from '../../src/documents/store.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { usersToIndex } from '../../src/search/index-store.ts';
import { documentWork, type WorkKey } from '../../src/work/lease.ts';
import { runWork, type Worker, workTopic } from '../../src/work/loop.ts';
import { createNotifier } from '../../src/work/notifier.ts';
import { dueWork, enqueue, settle } from '../../src/work/store.ts';
import { newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { newPerson, sharedApp, type TestApp } from '../support/app.ts';

// On a server that does no work itself: what is done, and in which order, is up to the test.
const app = sharedApp({ env: { ROLE: 'web' } });
let server: TestApp;
beforeAll(async () => {
  server = await app();
});

const many = 1_000;

/** A new person for whom so many indexes of one document are due. */
async function waiting(pieces: number): Promise<WorkKey[]> {
  const person = await newPerson(server.baseUrl);
  const owner = { userId: person.id, conversationId: await newConversation(person) };
  const id = newId();
  const file = { id, name: 'a.txt', mediaType: 'text/plain', sizeBytes: 1, sha256: id, blobKey: id };
  const unlimited = { documentsPerConversation: 1e6, documentsPerUser: 1e6, bytesPerUser: 1e15 };
  const keys = Array.from({ length: pieces }, (_, at) => documentWork(owner, 'index', id, `vector:${at}`));
  const scope = ConversationScope.ofOwnRow(UserScope.grant(person.id), owner);
  await insertDocuments(server.app.db, scope, [file], unlimited, new Date());
  await server.app.db.scoped(owner, (tx) => enqueue(tx, keys));
  return keys;
}

/** Works as a server does until the test ends. @returns whose work was begun, in order */
function work({ concurrency, perUser }: Pick<Worker, 'concurrency' | 'perUser'>): string[] {
  const { db } = server.app;
  const begun: string[] = [];
  const stopping = new AbortController();
  const worker: Worker = {
    kind: 'index',
    concurrency,
    perUser,
    leaseMs: 60_000,
    renewEveryMs: 60_000,
    async run(lease) {
      begun.push(lease.userId);
      await db.scoped(lease, (tx) => settle(tx, lease));
    },
    failed: (_lease, error) => Promise.reject(error),
  };
  const silent = () => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const done = runWork([worker], { db, notifier, owner: 'this test', log }, stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await done;
    await db.pool.query(`DELETE FROM work WHERE kind = 'index'`);
  });
  return begun;
}

const notifier = createNotifier();

test.for([
  { concurrency: 1, perUser: 1 },
  { concurrency: 4, perUser: 2 },
])('a thousand pieces of one user keep nobody else waiting, $concurrency at once', async (bounds) => {
  const [{ userId: before } = { userId: '' }] = await waiting(1);
  const [{ userId: busy } = { userId: '' }] = await waiting(many);
  const [{ userId: behind } = { userId: '' }] = await waiting(1);
  const begun = work(bounds);
  await until('all have had a turn', () => [before, busy, behind].every((user) => begun.includes(user)));
  // Of the one with the thousand as many as may run at once, and one more.
  const ofBusy = begun.slice(0, begun.indexOf(behind)).filter((user) => user === busy);
  expect(ofBusy.length).toBeLessThanOrEqual(bounds.perUser + 1);

  const [{ userId: late } = { userId: '' }] = await waiting(1);
  const atArrival = begun.length;
  notifier.notify(workTopic);
  await until('the one who came late has had a turn', () => begun.includes(late));
  // What was under way, and what the look before it has found.
  expect(begun.indexOf(late) - atArrival).toBeLessThanOrEqual(2 * bounds.concurrency);
});

test('a look goes past a user whose work is more than a page, busy or not', async () => {
  const [[before], [busy], [behind]] = [await waiting(1), await waiting(many), await waiting(1)];
  const look = (busyUsers: string[], lastUser: string): Promise<WorkKey[]> =>
    dueWork(server.app.db, [{ kind: 'index', limit: 1, busy: busyUsers, lastUser }]);
  expect(await look([], nobody)).toEqual([before]);
  expect(await look([], before?.userId ?? '')).toMatchObject([{ userId: busy?.userId }]);
  expect(await look([busy?.userId ?? ''], before?.userId ?? '')).toEqual([behind]);
  expect(await look([], busy?.userId ?? '')).toEqual([behind]);
  expect(await look([], behind?.userId ?? '')).toEqual([before]);
  const but = [before?.userId ?? '', behind?.userId ?? ''];
  expect(await look(but, behind?.userId ?? '')).toMatchObject([{ userId: busy?.userId }]);
  expect(await look([...but, busy?.userId ?? ''], before?.userId ?? '')).toEqual([]);
  await server.app.db.pool.query(`DELETE FROM work WHERE kind = 'index'`);
});

test('texts that wait to be indexed are found user by user, however many one of them has', async () => {
  const [one, two] = [await newPerson(server.baseUrl), await newPerson(server.baseUrl)];
  for (const [person, messages] of [[one, 25] as const, [two, 1] as const]) {
    const conversation = await newConversation(person);
    for (let at = 0; at < messages; at += 1)
      await person.client.messages.add(conversation, { role: 'user', content: `Heron ${at}.` });
  }
  const after = async (user: string): Promise<string[]> =>
    (await usersToIndex(server.app.db, user, 1)).map(({ userId }) => userId);
  expect(await after(nobody)).toEqual([one.id]);
  expect(await after(one.id)).toEqual([two.id]);
  expect(await after(two.id)).toEqual([]);
});
