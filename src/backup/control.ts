import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../db/temporary-folder.ts';
import { BackupError } from './backup-error.ts';
import { type BackupDeps, writeBackup } from './write-backup.ts';

const fileName = 'control.json';
const failed = 'alcove-failed';
/** A reader that stands still must not hold the database for ever. */
const stalledMs = 60_000;

/**
 * Lets commands of the same user ask the running server for what only it can do: the embedded database belongs to one
 * process. It listens in a folder that nobody else may enter. @returns what stops it
 */
export async function startControl(
  deps: BackupDeps,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const folder = await makeTemporaryFolder('socket');
  const socketPath = join(folder, 'control.sock');
  const published = join(deps.dataDir, fileName);
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://control');
    if (incoming.method !== 'POST' || url.pathname !== '/backup') {
      outgoing.writeHead(404).end();
      return;
    }
    outgoing.setTimeout(stalledMs, () => outgoing.destroy());
    outgoing.writeHead(200, { trailer: failed });
    void send(writeBackup(deps, url.searchParams.has('allow-missing')), outgoing).catch(onError);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  await writeFile(published, JSON.stringify({ socketPath }), { mode: 0o600 });
  return async () => {
    await rm(published, { force: true });
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  };
}

/** A backup of the server that runs on the data folder; null when none does. */
export async function askForBackup(
  dataDir: string,
  allowMissing: boolean,
): Promise<AsyncIterable<Uint8Array> | null> {
  const text = await readFile(join(dataDir, fileName), 'utf8').catch(() => null);
  if (text === null) return null;
  const { socketPath } = JSON.parse(text) as { socketPath: string };
  const asking = request({
    socketPath,
    method: 'POST',
    path: `/backup${allowMissing ? '?allow-missing' : ''}`,
  });
  const answered = once(asking, 'response') as Promise<[IncomingMessage]>;
  asking.end();
  // A killed server leaves the file behind.
  const response = await answered.catch(() => null);
  return response === null ? null : bytesOf(response[0]);
}

async function* bytesOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  yield* response as AsyncIterable<Buffer>;
  const reason = response.trailers[failed];
  if (reason !== undefined) throw new BackupError(decodeURIComponent(reason));
}

/** An answer that has begun cannot fail any more: the reason comes after it. */
async function send(bytes: AsyncIterable<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  try {
    for await (const piece of bytes) {
      if (outgoing.destroyed) throw new BackupError('Who asked for the backup went away.');
      if (!outgoing.write(piece)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    outgoing.addTrailers({ [failed]: encodeURIComponent(reason) });
    throw error;
  } finally {
    outgoing.end();
  }
}
