import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../db/temporary-folder.ts';
import { controlFile, failed } from './ask-server.ts';
import { BackupError } from './backup-error.ts';
import { type BackupDeps, writeBackup } from './write-backup.ts';

/** A reader that stands still must not hold the database for ever. */
const stalledMs = 60_000;

/** What a command can ask for by name; the answer travels as JSON. */
export type Commands = Record<string, (options: URLSearchParams) => Promise<unknown>>;

/**
 * Lets commands of the same user ask the running server for what only it can do: the embedded database belongs to one
 * process. It listens in a folder that nobody else may enter. @returns what stops it
 */
export async function startControl(
  deps: BackupDeps,
  commands: Commands,
  onError: (error: unknown) => void,
): Promise<() => Promise<void>> {
  const folder = await makeTemporaryFolder('socket');
  const socketPath = join(folder, 'control.sock');
  const published = join(deps.dataDir, controlFile);
  const server = createServer((incoming, outgoing) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://control');
    const command = Object.hasOwn(commands, pathname.slice(1)) ? commands[pathname.slice(1)] : undefined;
    if (incoming.method !== 'POST' || (command === undefined && pathname !== '/backup')) {
      outgoing.writeHead(404).end();
      return;
    }
    outgoing.setTimeout(stalledMs, () => outgoing.destroy());
    outgoing.writeHead(200, { trailer: failed });
    const bytes =
      command === undefined
        ? writeBackup(deps, searchParams.has('allow-missing'))
        : asJson(command(searchParams));
    void send(bytes, outgoing).catch(onError);
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

async function* asJson(answer: Promise<unknown>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(JSON.stringify(await answer));
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
