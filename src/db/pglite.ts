import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { DatabaseSetupError } from './setup-error.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

export interface EmbeddedPostgres {
  /** Folder of the unix socket; only this user may enter it. */
  socketFolder: string;
  close(): Promise<void>;
}

export interface EmbeddedEvents {
  /** Its first thread is about to work: this one has nothing to do for it until it is ready. */
  onStarting?: (() => void) | undefined;
  /** Its thread ended by itself and is started again; statements fail until it is back. */
  onRestart?: ((reason: Error) => void) | undefined;
  /** It ended again and again, or cannot be started any more: nothing can be served. */
  onDead?: ((reason: Error) => void) | undefined;
}

/** One end is an accident; more than this many within `restartWindowMs` will not get better by themselves. */
const maxRestarts = 3;
const restartWindowMs = 10 * 60_000;
/** What every system takes: macOS has room for 104 bytes with the one that ends them, Linux for 108. */
const maxSocketPathBytes = 103;
/** A healthy database closes within a second. */
const closeMs = 10_000;
/** PostgreSQL may have to write two segments of its log, of 16 MB each, before it opens; PGlite does not say that it could not. */
const roomToOpen = 32 * 1024 * 1024;

/**
 * PGlite in a worker thread behind a unix socket: a query blocks its thread, so it must not be ours.
 * One process per folder, by our own lock: PGlite has none, and two lose each other's rows.
 */
export async function startPglite(dataDir: string, events: EmbeddedEvents = {}): Promise<EmbeddedPostgres> {
  const lock = await holdFolder(dataDir);
  const socketFolder = await makeTemporaryFolder('socket');
  const settings = { dataDir: join(dataDir, 'pglite'), socketPath: join(socketFolder, '.s.PGSQL.5432') };
  const restarts: number[] = [];
  let closing = false;
  let thread: Thread;
  let restarting = Promise.resolve();

  async function cleanUp(): Promise<void> {
    await rm(socketFolder, { recursive: true, force: true });
    await lock.release();
  }

  function watch(watched: Thread): Thread {
    void watched.ended.then((reason) => {
      if (!closing) restarting = restart(reason);
    });
    return watched;
  }

  /** @param counts a disk that is full is no accident, and gets better once there is room */
  async function restart(reason: Error, counts = !isFull(reason)): Promise<void> {
    const now = performance.now();
    if (counts) restarts.push(now);
    if (restarts.filter((at) => at > now - restartWindowMs).length > maxRestarts) {
      events.onDead?.(
        new Error(`the embedded database in ${dataDir} ended again and again: ${reason.message}`, {
          cause: reason,
        }),
      );
      return;
    }
    events.onRestart?.(reason);
    await rm(settings.socketPath, { force: true });
    try {
      thread = watch(await startThread(settings));
    } catch (error) {
      // What it cannot be started for on a full disk says less.
      if (!closing) await restart(isFull(reason) ? reason : (error as Error), true);
    }
  }

  try {
    refuseLongPath(settings.socketPath);
    // A folder that vanishes later must not come back empty: an empty installation lets its first visitor in.
    const starting = startThread({ ...settings, mayUnpack: true });
    events.onStarting?.();
    thread = watch(await starting);
  } catch (cause) {
    await cleanUp();
    if (cause instanceof DatabaseSetupError) throw cause;
    throw new DatabaseSetupError(await explain(dataDir, cause as Error), { cause });
  }
  return {
    socketFolder,
    async close() {
      closing = true;
      await restarting;
      thread.worker.postMessage('close');
      await Promise.race([thread.ended, pause(closeMs, undefined, { ref: false })]);
      await thread.worker.terminate();
      await cleanUp();
    },
  };
}

/** What the machine refuses says nothing about the folder, which must stay where it is. */
const refusals: readonly [RegExp, string][] = [
  [/ENOSPC|No space left/i, 'the disk is full: make room and start again; nothing is lost'],
  [/EDQUOT/, 'the disk quota of this user is used up: make room and start again; nothing is lost'],
  [/EROFS/, 'its file system is read-only: mount it writable, or name another folder by DATA_DIR'],
  [
    /EACCES|EPERM/,
    'this user may not read and write it: give it the folder (chown -R), or name another by DATA_DIR',
  ],
];

function isFull({ message }: Error): boolean {
  return /No space left/i.test(message);
}

async function holdFolder(dataDir: string): Promise<FolderLock> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return await lockFolder(dataDir);
  } catch (cause) {
    const refusal = refusalOf(dataDir, cause as Error);
    throw refusal === null ? cause : new DatabaseSetupError(refusal, { cause });
  }
}

async function explain(dataDir: string, error: Error): Promise<string> {
  return refusalOf(dataDir, error) ?? (await crampedOf(dataDir, error)) ?? damaged(dataDir, error);
}

function refusalOf(dataDir: string, { message }: Error): string | null {
  const told = refusals.find(([pattern]) => pattern.test(message));
  return told === undefined ? null : `The embedded database in ${dataDir} cannot be opened: ${told[1]}.`;
}

async function crampedOf(dataDir: string, error: Error): Promise<string | null> {
  const disk = await statfs(dataDir).catch(() => null);
  if (disk === null || disk.bavail * disk.bsize >= roomToOpen) return null;
  const left = Math.floor((disk.bavail * disk.bsize) / 1024 / 1024);
  return `The embedded database in ${dataDir} cannot be opened (${firstLine(error)}), and its disk has ${left} MB left: make room for ${roomToOpen / 1024 / 1024} MB at least and start again; nothing is lost by that.`;
}

function damaged(dataDir: string, error: Error): string {
  return `The embedded database in ${dataDir} cannot be opened (${firstLine(error)}): if its folder is damaged, move it away and restore a backup ("npm run alcove -- restore FILE").`;
}

function firstLine({ message }: Error): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 160).trimEnd().replace(/\.$/, '');
}

function refuseLongPath(path: string): void {
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return;
  throw new DatabaseSetupError(
    `The path ${path} is too long for the socket of the embedded database (${maxSocketPathBytes} bytes): set TMPDIR to a shorter folder, such as /tmp.`,
  );
}

interface Thread {
  worker: Worker;
  /** Resolves with the reason, whatever it is. */
  ended: Promise<Error>;
}

/** Resolves when the database can be connected to. @throws why it cannot be opened */
async function startThread(workerData: {
  dataDir: string;
  socketPath: string;
  mayUnpack?: boolean;
}): Promise<Thread> {
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), { workerData });
  let failure: Error | null = null;
  worker.on('error', (error: Error) => (failure = error));
  const ended = new Promise<Error>((resolve) => {
    worker.once('exit', (code) => resolve(failure ?? new Error(`its thread ended with code ${code}`)));
  });
  const ready = new Promise<{ ready: true } | { failed: string }>((resolve) => {
    worker.once('message', resolve);
  });
  const first = await Promise.race([ready, ended]);
  if (first instanceof Error) throw first;
  if ('ready' in first) return { worker, ended };
  await worker.terminate();
  throw new Error(first.failed);
}
