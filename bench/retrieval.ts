import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '../src/db/client.ts';
import { createCollection } from './synthetic/collection.ts';
import { benchModel } from './alcove/write-document.ts';
import { openAlcoveLoader } from './load/alcove.ts';
import type { BenchOptions } from './options.ts';
import { installPeers } from './peers/install.ts';
import type { Peer, PeerContext } from './peers/peer.ts';
import { peerKinds } from './peers/registry.ts';
import type { Table } from './report.ts';
import { createTestDatabase } from '../test/support/postgres.ts';
import { compareAll } from './retrieval/compare-all.ts';
import { makeConversations } from './retrieval/conversations.ts';
import { openFlat } from './retrieval/flat.ts';
import { loadAll } from './retrieval/load.ts';
import { planOf, totalOf } from './retrieval/plan.ts';
import { costTable, notRunTable } from './retrieval/tables.ts';
import { createCaller, register } from './server/people.ts';
import { startServer } from './server/start.ts';

/** Search inside one conversation among very many: Alcove beside what one would use instead, on the same chunks. */
export async function* retrieval(options: BenchOptions): AsyncGenerator<Table> {
  if (options.databaseUrl === null)
    throw new Error('retrieval needs a PostgreSQL with pgvector: --database URL, or TEST_DATABASE_URL');
  const plan = planOf(options);
  const total = totalOf(plan);
  console.log(
    `${total.chunks.toLocaleString('en-US')} chunks in ${total.conversations.toLocaleString('en-US')} conversations, ${plan.dimensions} dimensions`,
  );
  installPeers();
  const folder = await mkdtemp(join(tmpdir(), 'alcove-bench-peers-'));
  const peerDatabase = await createTestDatabase(options.databaseUrl);
  const server = await startServer({
    serverUrl: options.databaseUrl,
    profileFolder: options.profileFolder,
    env: { EMBEDDING_BASE_URL: 'http://127.0.0.1:9/v1', EMBEDDING_MODEL: benchModel },
  });
  const { peers, notRun } = await openPeers(
    { databaseUrl: peerDatabase.url, folder, dimensions: plan.dimensions },
    options.list('peers'),
  );
  const caller = createCaller(server.baseUrl);
  const person = await register(caller);
  const db = await connectDatabase({ kind: 'postgresql', url: server.databaseUrl ?? '', poolSize: 10 });
  const loader = await openAlcoveLoader(server.databaseUrl ?? '', person.id);
  const flat = await openFlat(options.databaseUrl, options.seed, plan.dimensions);
  try {
    const collection = createCollection(options.seed, plan.dimensions);
    const { costs, measured } = await loadAll(
      makeConversations(plan, collection, options.seed),
      loader,
      peers,
    );
    const idle = await server.usage();
    yield* compareAll({
      options,
      plan,
      collection,
      measured,
      db,
      server,
      caller,
      person,
      loader,
      peers,
      flat,
    });
    const used = await server.usage();
    yield await costTable(costs, peers, { idle, used });
    yield* notRunTable(notRun);
  } finally {
    for (const peer of peers) await peer.close();
    caller.close();
    await loader.close();
    await db.close();
    await flat.close();
    await server.stop();
    await peerDatabase.drop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function openPeers(
  context: PeerContext,
  wanted: string[] | null,
): Promise<{ peers: Peer[]; notRun: { name: string; reason: string }[] }> {
  const peers: Peer[] = [];
  const notRun: { name: string; reason: string }[] = [];
  for (const { name, open } of peerKinds) {
    if (wanted !== null && !wanted.some((part) => name.toLowerCase().includes(part.toLowerCase()))) continue;
    try {
      peers.push(await open(context));
    } catch (error) {
      notRun.push({
        name,
        reason: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
      });
    }
  }
  return { peers, notRun };
}
