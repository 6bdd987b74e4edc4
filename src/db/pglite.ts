import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

export interface EmbeddedPostgres {
  /** Folder of the unix socket; only this user may enter it. */
  socketFolder: string;
  close(): Promise<void>;
}

/**
 * PGlite in a worker thread behind a unix socket: a query blocks its thread, so it must not be ours.
 * One process per folder, by our own lock: PGlite has none, and two lose each other's rows.
 */
export async function startPglite(dataDir: string): Promise<EmbeddedPostgres> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(dataDir);
  const socketFolder = await makeTemporaryFolder('socket');
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
    workerData: { dataDir: join(dataDir, 'pglite'), socketPath: join(socketFolder, '.s.PGSQL.5432') },
  });
  try {
    await started(worker);
  } catch (cause) {
    await cleanUp(worker, socketFolder, lock);
    throw new Error(
      `the embedded database in ${dataDir} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return {
    socketFolder,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        worker.once('exit', () => resolve());
      });
      worker.postMessage('close');
      await closed;
      await cleanUp(worker, socketFolder, lock);
    },
  };
}

function started(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`its thread ended with code ${code}`)));
    worker.once('message', (message: { ready: true } | { failed: string }) => {
      if ('failed' in message) reject(new Error(message.failed));
      else resolve();
    });
  });
}

async function cleanUp(worker: Worker, socketFolder: string, lock: FolderLock): Promise<void> {
  await worker.terminate();
  await rm(socketFolder, { recursive: true, force: true });
  await lock.release();
}
