import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { DatabaseSetupError } from '../db/setup-error.ts';
import { every, type Log } from './every.ts';
import {
  livingReplicas,
  removeDeadReplicas,
  removeReplica,
  type ReplicaRow,
  seeReplica,
} from './replicas-store.ts';

/** What replicas must have in common: the store of the originals, as far as it is needed here. */
export interface SharedPlace {
  readonly place: string;
  readonly setting: string;
  readNote(name: string): Promise<string | null>;
  writeNote(name: string, text: string): Promise<void>;
  deleteNote(name: string): Promise<void>;
}

/** The processes on one database, as this one knows them. */
export interface Replicas {
  readonly id: string;
  /** Whether no other process lives: then nothing need be counted together. */
  readonly isAlone: boolean;
  /** Says that this one ends. */
  leave(): Promise<void>;
}

const seenEveryMs = 5_000;
export const aliveMs = 30_000;
const deadMs = 24 * 3_600_000;
/** A network file system may show a new file a little later. */
const shownWithinMs = 3_000;
const leaveWithinMs = 2_000;

/**
 * Joins the processes on this database, each of which keeps a note beside its originals: who sees the notes of the
 * others has the same originals.
 * @throws DatabaseSetupError when another one keeps its originals elsewhere
 */
export async function joinReplicas(
  db: Database,
  blobs: SharedPlace,
  id: string,
  log: Log,
  signal: AbortSignal,
): Promise<Replicas> {
  // The embedded database belongs to one process.
  if (db.kind === 'pglite') return { id, isAlone: true, leave: async () => {} };
  const own: ReplicaRow = { id, note: `replicas/${crypto.randomUUID()}` };
  let others: ReplicaRow[] = [];

  async function leave(): Promise<void> {
    await Promise.all([blobs.deleteNote(own.note), removeReplica(db, id)]).catch((error: unknown) =>
      log.debug({ err: error }, 'this process did not sign off'),
    );
  }

  await blobs.writeNote(own.note, id);
  try {
    await seeReplica(db, own);
    others = await livingReplicas(db, id, aliveMs);
    for (const other of others) await expectNote(db, blobs, other, id);
  } catch (error) {
    await leave();
    throw error;
  }
  async function look(): Promise<void> {
    await seeReplica(db, own);
    others = await livingReplicas(db, id, aliveMs);
    for (const { note } of await removeDeadReplicas(db, deadMs)) await blobs.deleteNote(note);
  }
  const ended = new AbortController();
  const looking = every(
    seenEveryMs,
    'look for other processes',
    look,
    AbortSignal.any([signal, ended.signal]),
    log,
  );
  return {
    id,
    get isAlone() {
      return others.length === 0;
    },
    async leave() {
      ended.abort();
      await Promise.race([looking.then(leave), sleep(leaveWithinMs, undefined, { ref: false })]);
    },
  };
}

async function expectNote(db: Database, blobs: SharedPlace, other: ReplicaRow, id: string): Promise<void> {
  const until = Date.now() + shownWithinMs;
  for (;;) {
    if ((await blobs.readNote(other.note)) !== null) return;
    const stillThere = (await livingReplicas(db, id, aliveMs)).some((one) => one.id === other.id);
    if (!stillThere) return;
    if (Date.now() > until) break;
    await sleep(200);
  }
  const [host = '', pid = ''] = other.id.split('/');
  throw new DatabaseSetupError(
    `Another process on this database (${pid} on ${host}) keeps its originals elsewhere than in ${blobs.place}: every process needs the same place. Correct ${blobs.setting}, share one folder, or set BLOBS_URL to a bucket.`,
  );
}
