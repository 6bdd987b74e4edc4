import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { unpackFreshDatabase } from './fresh-database.ts';
import { SmallPglite } from './small-pglite.ts';

const { dataDir, socketPath, mayUnpack } = workerData as {
  dataDir: string;
  socketPath: string;
  mayUnpack?: boolean;
};
const wasiErrors: Record<number, string> = {
  2: 'EACCES',
  19: 'EDQUOT',
  51: 'ENOSPC',
  63: 'EPERM',
  69: 'EROFS',
};
const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');

try {
  if (mayUnpack === true && !existsSync(dataDir)) await unpackFreshDatabase(dataDir);
  const db = new SmallPglite({ dataDir, extensions: { vector } }, (message) =>
    // What was told is on its way; another thread reads the log, as after a crash.
    setImmediate(() => {
      throw new Error(message);
    }),
  );
  await db.waitReady;
  const server = new PGLiteSocketServer({ db, path: socketPath, maxConnections: 4 });
  await server.start();
  port.on('message', () => void stop(server, db));
  port.postMessage({ ready: true });
} catch (error) {
  port.postMessage({ failed: tellFailure(error) });
}

/** What the file system of WebAssembly throws is no Error, and has WASI's number for its reason. */
function tellFailure(error: unknown): string {
  if (error instanceof Error) return error.message;
  const { errno } = error as { errno?: unknown };
  return typeof errno === 'number'
    ? (wasiErrors[errno] ?? `error ${errno} of its file system`)
    : String(error);
}

async function stop(server: PGLiteSocketServer, db: PGlite): Promise<void> {
  await server.stop();
  await db.close();
  process.exit(0);
}
