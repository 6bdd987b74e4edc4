import { beforeAll, expect, test } from 'vitest';
import {
  claimKey,
  type KeyClaim,
  renewKey,
  settleKey,
  unlockKey,
} from '../../src/identity/idempotency-store.ts';
import { UserScope } from '../../src/identity/user-scope.ts';
import { newPerson, sharedApp, type TestApp } from '../support/app.ts';

// An Idempotency-Key is leased as work is (src/work/lease-sql.ts): whoever lost it has no say any more.

const app = sharedApp();
let server: TestApp;
let scope: UserScope;
beforeAll(async () => {
  server = await app();
  scope = UserScope.grant((await newPerson(server.baseUrl)).id);
});

const request = 'path.body';
const settlement = { requestHash: request, status: 201, response: '{}' };

async function claimed(key: string): Promise<KeyClaim> {
  const found = await claimKey(server.app.db, scope, key, request);
  if (found.outcome !== 'claimed') throw new Error(`it is ${found.outcome}`);
  return found.claim;
}

async function expectNoSay(claim: KeyClaim): Promise<void> {
  expect(await renewKey(server.app.db, scope, claim)).toBe(false);
  await expect(settleKey(server.app.db, scope, claim, settlement)).rejects.toMatchObject({
    code: 'conflict',
  });
}

test('a key is claimed by one of many that try at once', async () => {
  const all = await Promise.all(
    Array.from({ length: 8 }, () => claimKey(server.app.db, scope, 'at once', request)),
  );
  expect(all.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
  expect(all.filter(({ outcome }) => outcome === 'running')).toHaveLength(7);
});

test('a key whose lease has run out is taken over, and its first holder has no say any more', async () => {
  const first = await claimed('run out');
  expect(await renewKey(server.app.db, scope, first)).toBe(true);
  await server.app.db.pool.query(
    `UPDATE idempotency_keys SET locked_until = now() - interval '1 second' WHERE user_id = $1`,
    [scope.userId],
  );
  expect((await claimKey(server.app.db, scope, 'run out', 'path.other')).outcome).toBe('mismatch');
  const second = await claimed('run out');
  await expectNoSay(first);
  await settleKey(server.app.db, scope, second, settlement);
  expect(await claimKey(server.app.db, scope, 'run out', request)).toMatchObject({
    outcome: 'settled',
    status: 201,
  });
});

test('a key that was left to a repeat is not locked again by a renewal that comes late', async () => {
  const first = await claimed('left');
  await unlockKey(server.app.db, scope, first);
  await expectNoSay(first);
  await claimed('left');
});
