import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admit, makeKey, setStatus } from '../../torture/fuzz/acts/accounts.ts';
import { createConversation, eraseConversation } from '../../torture/fuzz/acts/conversations.ts';
import { deleteDocuments, upload } from '../../torture/fuzz/acts/documents.ts';
import { append } from '../../torture/fuzz/acts/messages.ts';
import { makeProject, makeTemplate } from '../../torture/fuzz/acts/organising.ts';
import { share } from '../../torture/fuzz/acts/sharing.ts';
import { most } from '../../torture/fuzz/choosing.ts';
import { deeds } from '../../torture/fuzz/deeds.ts';
import { readEverything, readRoutes } from '../../torture/fuzz/reading.ts';
import { World } from '../../torture/fuzz/world.ts';
import { adminOf } from '../../torture/scenarios/isolation.ts';
import { type AppHere, startAppHere } from '../../torture/support/app-here.ts';

// What the fuzz reaches: each of its commands is done, and each route has served it once.

/** Routes that no history comes by, each with its reason. */
const leftOut: Readonly<Record<string, string>> = {
  'GET /healthz': 'it knows no user',
  'GET /readyz': 'it knows no user',
  'GET /capabilities': 'it knows no user',
  'POST /auth/forgot-password': 'its answer is the same for everybody, and nothing is sent without mail',
};

/** What says no word of anybody's, to its owner neither. */
const wordless = [
  'GET /admin/audit',
  'GET /admin/embeddings',
  'GET /admin/stats',
  'GET /api/chat/:id/stream',
  'GET /auth/sessions',
  'GET /conversations/:id/deletion',
  'GET /conversations/:id/stats',
  'GET /conversations/stats/overview',
  'GET /documents/:id/words',
  'GET /mcp',
  'GET /s/:token/changes',
  'GET /shares',
];

const channel = 'tracing:fastify.request.handler:asyncEnd';
const served = new Set<string>();
function remember(message: unknown): void {
  const { request, reply, route } = message as {
    request: { method: string };
    reply: { statusCode: number };
    route: { url: string };
  };
  // What is ready is neither read again nor stopped.
  if (reply.statusCode < 300 || reply.statusCode === 409) served.add(`${request.method} ${route.url}`);
}

let here: AppHere;
const done = new Set<string>();
const seen = new Map<string, number>();
beforeAll(async () => {
  subscribe(channel, remember);
  here = await startAppHere();
  const world = new World(here, await adminOf(here), 3_000);
  for (let at = 0; at < 3; at += 1) await world.addUser();
  const routes = await readRoutes(world);
  const read = async (one: World): Promise<void> => {
    const reads = await readEverything(one, routes);
    for (const [kind, words] of reads.seen) seen.set(kind, (seen.get(kind) ?? 0) + words);
  };
  await liveFully(world, () => read(world));
  // Exports of one person are few in a minute: other people read what is read in turns.
  for (const [at, sweeps] of turnsOfAll.entries()) {
    const other = new World(here, world.admin, 3_001 + at);
    for (let user = 0; user < 3; user += 1) await other.addUser();
    await furnish(other);
    other.sweeps = sweeps;
    await read(other);
  }
}, 300_000);
afterAll(async () => {
  unsubscribe(channel, remember);
  await here?.close();
});

/** Each command has several ways to be done. */
const ways = 4;
const commandsPerReading = 40;
/** When everything is read that is read in turns. */
const turnsOfAll = [9, 39];

/** Every command, in each of its ways, in a world that has what it needs. */
async function liveFully(world: World, read: () => Promise<void>): Promise<void> {
  let count = 0;
  for (const [at, [name, { deed }]] of Object.entries(deeds).entries()) {
    for (let also = 0; also < ways; also += 1) {
      await furnish(world);
      const run = deed(world, { at: at + also, also });
      if (run === null) continue;
      await run().catch((cause: unknown) => {
        throw new Error(`${name}(${at + also}, ${also}): ${String(cause)}`, { cause });
      });
      done.add(name);
      count += 1;
      if (count % commandsPerReading === 0) await read();
    }
  }
}

/** Three people with a conversation each, one with two; and one of everything else. Room is left for more. */
async function furnish(world: World): Promise<void> {
  for (const user of world.users) if (user.state === 'suspended') await setStatus(world, user, 'active');
  while (world.activeUsers().length < 3) await admit(world, false);
  const [first, second] = world.activeUsers();
  if (first === undefined || second === undefined) throw new Error('there is nobody');
  while (world.usable().length >= most.conversations) await eraseConversation(world, last(world.usable()));
  const wanted = world.activeUsers().filter(({ id }) => world.conversationsOf(id).length === 0);
  if (world.conversationsOf(first.id).length < 2) wanted.push(first);
  for (const user of wanted.slice(0, most.conversations - 1)) await createConversation(world, user);
  const [own] = world.conversationsOf(first.id);
  if (own === undefined) throw new Error('there is no conversation');
  if (own.messages.every(({ isWhole }) => isWhole)) await append(world, own);
  if (world.usableDocuments().length >= most.documents)
    for (const { id } of world.activeUsers())
      await deleteDocuments(
        world,
        world.usableDocuments().filter(({ owner }) => owner === id),
        false,
      );
  if (world.documentsIn(own.id).length === 0) await upload(world, own);
  const kinds = new Set(world.organisers.filter((one) => one.isThere).map(({ kind }) => kind));
  if (!kinds.has('project')) await makeProject(world, first);
  if (!kinds.has('template')) await makeTemplate(world, own);
  if (world.keys.every(({ isRevoked }) => isRevoked)) await makeKey(world, own, 'read');
  const open = world.links.filter((one) => world.isOpen(one));
  const plain = { hasPassword: false, hasDocuments: true, recipient: null, takesPart: false };
  if (open.every(({ recipient }) => recipient !== null)) await share(world, own, plain);
  const taking = open.filter(
    ({ takesPart, recipient }) => takesPart && recipient !== null && world.isActive(recipient),
  );
  if (taking.length === 0) await share(world, own, { ...plain, recipient: second, takesPart: true });
}

function last<T>(things: readonly T[]): T {
  const thing = things.at(-1);
  if (thing === undefined) throw new Error('there is none');
  return thing;
}

test('each command is done', () => {
  expect(Object.keys(deeds).filter((name) => !done.has(name))).toEqual([]);
});

test('each route of the reference is read or commanded, or has a reason', async () => {
  const { paths } = JSON.parse(
    await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8'),
  ) as { paths: Record<string, Record<string, unknown>> };
  const methods = new Set(['get', 'post', 'put', 'patch', 'delete']);
  const routes = Object.entries(paths).flatMap(([path, at]) =>
    Object.keys(at)
      .filter((method) => methods.has(method))
      .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const missing = routes.filter((route) => !served.has(route));
  expect(missing.toSorted()).toEqual(Object.keys(leftOut).toSorted());
});

test('whoever looks for the words of others sees their own', () => {
  const blind = [...seen].filter(([, words]) => words === 0).map(([kind]) => kind);
  expect(blind.filter((kind) => !wordless.includes(kind)).toSorted()).toEqual([]);
});

test('nothing went wrong inside', () => {
  expect(here.faults).toEqual([]);
});
