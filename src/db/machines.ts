import type pg from 'pg';
import type { Whose } from './authority.ts';
import { DatabaseAway } from './errors.ts';
import type { OutageLines } from './outage-log.ts';

/**
 * Which machines of Citus hang: take connections and say nothing, as one whose disk or network is stuck. Whoever waits
 * for one keeps a connection that everybody else needs, and cannot be called back: the coordinator's own attempt to
 * cancel waits for that machine too.
 */
export interface Machines {
  /** @throws DatabaseAway where the rows lie on a machine that hangs */
  refuseAway(whose: Whose): Promise<void>;
  /** Ends the connection where nothing has come back for long and a machine hangs. @returns what stops watching */
  watch(client: pg.PoolClient): () => void;
  close(): void;
}

export interface MachinesOptions {
  /** One of its own each time, which keeps no connection to a machine that may be a dead one. */
  openClient: () => pg.Client;
  pool: pg.Pool;
  log?: OutageLines | undefined;
}

/** Most statements take milliseconds; one that takes this long has a look at the machines, which changes nothing yet. */
const silentMs = 5_000;
const watchEveryMs = 1_000;
/** To let somebody connect and ask for nothing. */
const answersWithinMs = 3_000;
/** Of the coordinator, which waits for a machine so long. */
export const lookTimeoutMs = answersWithinMs + 2_000;
/** While one hangs; as long as callers are told to wait. */
const lookEveryMs = 2_000;

interface Machine {
  id: number;
  host: string;
  port: number;
}

export function watchMachines({ openClient, pool, log }: MachinesOptions): Machines {
  let hanging = new Map<number, Machine>();
  /** Of users who have asked since the last look. */
  let places = new Map<string, number | null>();
  let looking: Promise<void> | undefined;
  let next: NodeJS.Timeout | undefined;
  let isClosed = false;

  function look(): Promise<void> {
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function lookOnce(): Promise<void> {
    const found = await findHanging(openClient).catch(() => []);
    for (const machine of found)
      if (!hanging.has(machine.id)) log?.warn(nameOf(machine), 'a machine of the database hangs');
    for (const machine of hanging.values())
      if (!found.some(({ id }) => id === machine.id))
        log?.info(nameOf(machine), 'a machine of the database answers again');
    hanging = new Map(found.map((machine) => [machine.id, machine]));
    places = new Map();
    clearTimeout(next);
    if (hanging.size > 0 && !isClosed) next = setTimeout(() => void look(), lookEveryMs).unref();
  }

  async function placeOf(userId: string): Promise<number | null> {
    const known = places.get(userId);
    if (known !== undefined) return known;
    const { rows } = await pool.query<{ id: number }>(
      `SELECT groupid AS id FROM pg_dist_placement WHERE shardid = get_shard_id_for_distribution_column('users', $1::uuid)`,
      [userId],
    );
    const place = rows[0]?.id ?? null;
    places.set(userId, place);
    return place;
  }

  // Who starts while one hangs knows it before anybody asks.
  void look();

  return {
    async refuseAway(whose) {
      if (hanging.size === 0) return;
      const away = new DatabaseAway(new Error('a machine of the database hangs'));
      if (whose === 'everybody') throw away;
      for (const { userId } of whose) {
        // Whoever is not found is told by their own statements.
        const place = await placeOf(userId).catch(() => null);
        if (place !== null && hanging.has(place)) throw away;
      }
    },
    watch(client) {
      const { stream } = (client as unknown as DriverInside).connection;
      let received = stream.bytesRead;
      let since = performance.now();
      let isWatched = true;
      async function giveUp(): Promise<void> {
        await look();
        // Answered meanwhile, and perhaps lent to somebody else.
        if (!isWatched || stream.bytesRead !== received || hanging.size === 0) return;
        stream.destroy(new Error('Connection terminated: a machine of the database hangs'));
      }
      const timer = setInterval(() => {
        const now = performance.now();
        const isSilent = stream.bytesRead === received;
        if (isSilent && now - since < silentMs) return;
        received = stream.bytesRead;
        since = now;
        if (isSilent) void giveUp();
      }, watchEveryMs).unref();
      return () => {
        isWatched = false;
        clearInterval(timer);
      };
    },
    close() {
      isClosed = true;
      clearTimeout(next);
    },
  };
}

/** The driver has no other way to what has come in, nor to end a connection that is waiting. */
interface DriverInside {
  connection: { stream: { bytesRead: number; destroy(reason: Error): void } };
}

/** One that refuses is none of them: whoever needs it is told at once. @throws where the coordinator does not answer */
async function findHanging(openClient: () => pg.Client): Promise<Machine[]> {
  const { rows } = await withClient(openClient, (client) =>
    client.query<Machine>(
      `SELECT groupid AS id, nodename AS host, nodeport AS port FROM pg_dist_node n
       WHERE groupid > 0 AND isactive AND noderole = 'primary'
         AND EXISTS (SELECT 1 FROM pg_dist_placement p WHERE p.groupid = n.groupid)`,
    ),
  );
  const found: Machine[] = [];
  for (const machine of rows) if (await hangs(machine, openClient)) found.push(machine);
  return found;
}

async function hangs({ host, port }: Machine, openClient: () => pg.Client): Promise<boolean> {
  const asked = performance.now();
  const answers = await withClient(openClient, async (client) => {
    await client.query(`BEGIN; SET LOCAL citus.node_connection_timeout = ${answersWithinMs}`);
    const { rows } = await client.query<{ yes: boolean }>(
      'SELECT citus_check_connection_to_node($1, $2) AS yes',
      [host, port],
    );
    return rows[0]?.yes === true;
  }).catch(() => false);
  return !answers && performance.now() - asked >= answersWithinMs;
}

async function withClient<T>(
  openClient: () => pg.Client,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = openClient();
  // A connection that is lost is told by the next statement; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.end().catch(() => {});
  }
}

function nameOf({ host, port }: Machine): object {
  return { machine: `${host}:${port}` };
}
