import { beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../src/db/ids.ts';
import { scopeOf } from '../../src/documents/work-scope.ts';
import { insertDocuments } from '../../src/documents/store.ts';
import { ConversationScope } from '../../src/conversations/scope.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { documentWork, type Lease, type WorkKey } from '../../src/work/lease.ts';
import { claim, dueWork, enqueue, holds, release, renew, settle } from '../../src/work/store.ts';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, sharedApp, type TestApp } from '../support/app.ts';

// On a server that does no work itself: these claims are the only ones.
const app = sharedApp({ env: { ROLE: 'web' } });
let server: TestApp;
beforeAll(async () => {
  server = await app();
});

const nobody = '00000000-0000-0000-0000-000000000000';

/** A document of a new person that waits to be read. */
async function dueDocument(): Promise<WorkKey> {
  const person = await newPerson(server.baseUrl);
  const conversationId = await newConversation(person);
  return anotherOf({ userId: person.id, conversationId });
}

async function anotherOf(owner: { userId: string; conversationId: string }): Promise<WorkKey> {
  const scope = ConversationScope.ofOwnRow(UserScope.grant(owner.userId), owner);
  const id = newId();
  const file = { id, name: 'a.txt', mediaType: 'text/plain', sizeBytes: 1, sha256: id, blobKey: id };
  const unlimited = { documentsPerConversation: 1e6, documentsPerUser: 1e6, bytesPerUser: 1e15 };
  await insertDocuments(server.app.db, scope, [file], unlimited, new Date());
  return documentWork(scope, 'ingest', id);
}

async function claimed(key: WorkKey, owner = 'one', leaseMs = 60_000): Promise<Lease> {
  const lease = await claim(server.app.db, key, owner, leaseMs);
  if (lease === null) throw new Error('it was not claimed');
  return lease;
}

const inTransaction = <T>(lease: Lease, work: Parameters<typeof server.app.db.scoped<T>>[1]) =>
  server.app.db.scoped(lease, work);

describe('a piece of work', () => {
  test('is claimed by one of many that try at once', async () => {
    const key = await dueDocument();
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, at) => claim(server.app.db, key, `worker ${at}`, 60_000)),
    );
    expect(all.filter((lease) => lease !== null)).toHaveLength(1);
  });

  test('is taken over once its lease has run out, and its first holder writes no more', async () => {
    const key = await dueDocument();
    const first = await claimed(key, 'one', 0);
    const second = await claimed(key, 'two');
    expect(second).toMatchObject({ attempts: 2 });
    expect(await renew(server.app.db, first, 60_000)).toBe('lost');
    expect(await inTransaction(first, (tx) => holds(tx, first))).toBe(false);
    expect(await inTransaction(first, (tx) => settle(tx, first))).toBe(false);
    expect(await inTransaction(first, (tx) => release(tx, first, { inMs: 0 }))).toBe(false);
    expect(await renew(server.app.db, second, 60_000)).toBe('held');
    expect(await inTransaction(second, (tx) => settle(tx, second))).toBe(true);
    expect(await claim(server.app.db, key, 'three', 60_000)).toBeNull();
  });

  test('goes with its document', async () => {
    const key = await dueDocument();
    const lease = await claimed(key);
    await server.app.db.scoped(scopeOf(lease), (tx) =>
      tx.execute(`DELETE FROM documents WHERE user_id = '${key.userId}' AND id = '${key.itemId}'`),
    );
    expect(await renew(server.app.db, lease, 60_000)).toBe('lost');
  });

  test('that is given back does not count the attempt, one that failed does', async () => {
    const key = await dueDocument();
    for (let stop = 0; stop < 5; stop += 1) {
      const lease = await claimed(key);
      expect(lease.attempts).toBe(1);
      await inTransaction(lease, (tx) => release(tx, lease, { inMs: 0, refund: true }));
    }
    const failed = await claimed(key);
    await inTransaction(failed, (tx) => release(tx, failed, { inMs: 0 }));
    expect((await claimed(key)).attempts).toBe(2);
  });

  test('waits until it is due again', async () => {
    const key = await dueDocument();
    const lease = await claimed(key);
    await inTransaction(lease, (tx) => release(tx, lease, { inMs: 3_600_000 }));
    expect(await claim(server.app.db, key, 'two', 60_000)).toBeNull();
  });
});

describe('due work', () => {
  test('names one piece of each user, the next users first, and leaves out who is busy', async () => {
    const [one, two, three] = [await dueDocument(), await dueDocument(), await dueDocument()];
    for (let more = 0; more < 20; more += 1) await anotherOf(one);
    const ours = [one, two, three].map(({ userId }) => userId).toSorted();
    const turns = async (limit: number, busy: string[], last: string): Promise<string[]> =>
      (await dueWork(server.app.db, [{ kind: 'ingest', limit, busy, lastUser: last }])).map(
        ({ userId }) => userId,
      );
    const all = await turns(1_000, [], nobody);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((user) => ours.includes(user))).toEqual(ours);
    expect(await turns(1_000, [one.userId], nobody)).not.toContain(one.userId);
    const after = await turns(1, [], ours[0] ?? '');
    expect(after[0]).toBe(all[all.indexOf(ours[0] ?? '') + 1]);
  });

  test('of several kinds comes by one statement, each with its own bounds', async () => {
    const file = await dueDocument();
    const index = documentWork(file, 'index', file.itemId, 'keyword');
    await server.app.db.scoped(file, (tx) => enqueue(tx, [index]));
    const own = (keys: WorkKey[]): WorkKey[] => keys.filter(({ userId }) => userId === file.userId);
    const turn = { limit: 1_000, busy: [], lastUser: nobody };
    const ingest = { ...turn, kind: 'ingest' as const };
    const both = await dueWork(server.app.db, [ingest, { ...turn, kind: 'index' }]);
    expect(own(both)).toEqual([file, index]);
    const one = await dueWork(server.app.db, [ingest, { ...turn, kind: 'index', busy: [file.userId] }]);
    expect(own(one)).toEqual([file]);
    expect(await dueWork(server.app.db, [])).toEqual([]);
  });
});
