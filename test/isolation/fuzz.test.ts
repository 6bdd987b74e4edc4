import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConversation } from '../../torture/fuzz/acts/conversations.ts';
import { upload } from '../../torture/fuzz/acts/documents.ts';
import { append } from '../../torture/fuzz/acts/messages.ts';
import { trespass } from '../../torture/fuzz/attempts.ts';
import { switchOff } from '../../torture/fuzz/layers.ts';
import { readEverything, readRoutes } from '../../torture/fuzz/reading.ts';
import { World } from '../../torture/fuzz/world.ts';
import { contextOf } from '../../torture/context.ts';
import { adminOf, fuzz } from '../../torture/scenarios/isolation.ts';
import { type AppHere, startAppHere } from '../../torture/support/app-here.ts';
import { databaseKind } from '../support/app.ts';

// The beginning of what `npm run torture -- --only isolation` does for an hour.

let here: AppHere;
let admin: Awaited<ReturnType<typeof adminOf>>;
beforeAll(async () => {
  here = await startAppHere();
  admin = await adminOf(here);
});
afterAll(() => here?.close());

test('a random history shows nobody a word that is not theirs to see', async () => {
  const order = {
    name: 'isolation',
    database: databaseKind,
    seed: 20_261_121,
    minutes: 1,
    isSmoke: true,
  } as const;
  const context = { ...contextOf(order), isOver: () => false };
  const { bodies } = await fuzz(here, admin, 'none', context);
  expect(bodies).toBeGreaterThan(100);
  expect(here.faults).toEqual([]);
});

test('without the check of ownership nobody is refused, and nobody finds or changes what is another’s', async () => {
  const other = await startAppHere();
  try {
    const world = new World(other, await adminOf(other), 2_000, false);
    for (let at = 0; at < 2; at += 1) await world.addUser();
    for (const user of world.users) await createConversation(world, user);
    const [first, second] = world.usable();
    if (first === undefined || second === undefined) throw new Error('no conversations');
    await append(world, first);
    await upload(world, first);
    const look = () =>
      other.call('GET', `/conversations/${first.id}/documents`, world.userOf(second.owner).token);
    expect((await look()).status).toBe(403);
    await switchOff('ownership check', other.app);
    expect((await look()).status).not.toBe(403);
    await trespass(world, world.userOf(second.owner), first);
    expect((await readEverything(world, await readRoutes(world))).bodies).toBeGreaterThan(50);
    expect(other.faults).toEqual([]);
  } finally {
    await other.close();
  }
});

test('with two layers missing such a word is seen, and the reading finds it', async () => {
  const world = new World(here, admin, 1_000);
  for (let at = 0; at < 2; at += 1) await world.addUser();
  for (const user of world.users) await createConversation(world, user);
  const routes = await readRoutes(world);
  for (const conversation of world.usable()) {
    await append(world, conversation);
    await upload(world, conversation);
  }
  expect((await readEverything(world, routes)).bodies).toBeGreaterThan(50);
  await switchOff('row-level security', here.app);
  await switchOff('explicit filters', here.app);
  await expect(readEverything(world, routes)).rejects.toThrow(/shows zqx|is answered with/);
});
