import { access } from 'node:fs/promises';
import pg from 'pg';
import {
  createCluster,
  findPostgres,
  type PrivateCluster,
} from '../../durability/support/private-cluster.ts';

/** A coordinator and machines of this test's own, which it may stop. */
export interface PrivateCitus {
  /** Of the coordinator's database. */
  url: string;
  workers: PrivateCluster[];
  /** One more machine, without any rows yet. */
  addWorker(): Promise<PrivateCluster>;
  query(statement: string, url?: string): Promise<Record<string, unknown>[]>;
  remove(): Promise<void>;
}

/** Parts can move while they are written, and transactions of several machines end together. */
const settings = [
  'shared_preload_libraries=citus',
  'wal_level=logical',
  'output_plugin_libraries=pgoutput,citus',
  'max_connections=150',
  'max_prepared_transactions=150',
  'max_worker_processes=24',
  'max_replication_slots=24',
  'max_wal_senders=24',
  'max_logical_replication_workers=16',
  'max_sync_workers_per_subscription=2',
];

/** The programs of a PostgreSQL that Citus is installed in, or null. */
export async function findCitus(): Promise<string | null> {
  const bin = await findPostgres();
  if (bin === null) return null;
  const version = bin.split('/').at(-2);
  return access(`/usr/share/postgresql/${version}/extension/citus.control`).then(
    () => bin,
    () => null,
  );
}

export async function createCitus(bin: string): Promise<PrivateCitus> {
  const clusters: PrivateCluster[] = [];
  async function add(): Promise<PrivateCluster> {
    const cluster = await createCluster(bin, settings);
    clusters.push(cluster);
    await query('CREATE EXTENSION citus', cluster.url);
    await query('CREATE EXTENSION vector', cluster.url);
    return cluster;
  }
  const remove = async (): Promise<void> => void (await Promise.all(clusters.map((one) => one.remove())));
  const workers: PrivateCluster[] = [];
  const port = (cluster: PrivateCluster): string => new URL(cluster.url).port;
  try {
    const [coordinator, ...others] = [await add(), await add(), await add()];
    await query(`SELECT citus_set_coordinator_host('127.0.0.1', ${port(coordinator)})`, coordinator.url);
    for (const worker of others) {
      await query(`SELECT citus_add_node('127.0.0.1', ${port(worker)})`, coordinator.url);
      workers.push(worker);
    }
    return {
      url: coordinator.url,
      workers,
      async addWorker() {
        const worker = await add();
        await query(`SELECT citus_add_node('127.0.0.1', ${port(worker)})`, coordinator.url);
        workers.push(worker);
        return worker;
      },
      query: (statement, url = coordinator.url) => query(statement, url),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function query(statement: string, url: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    const done = (await client.query<Record<string, unknown>>(statement)) as unknown;
    const results = (Array.isArray(done) ? done : [done]) as pg.QueryResult<Record<string, unknown>>[];
    return results.at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}
