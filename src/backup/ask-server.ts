import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { BackupError } from './backup-error.ts';

/** In the data folder, while a server runs on it: where it listens for commands. */
export const controlFile = 'control.json';
/** The trailer that says why an answer is not whole. */
export const failed = 'alcove-failed';

/** What the server that runs on the data folder answers, as bytes; null when none does. */
export async function askServer(dataDir: string, path: string): Promise<AsyncIterable<Uint8Array> | null> {
  const text = await readFile(join(dataDir, controlFile), 'utf8').catch(() => null);
  if (text === null) return null;
  const { socketPath } = JSON.parse(text) as { socketPath: string };
  const asking = request({ socketPath, method: 'POST', path });
  const answered = once(asking, 'response') as Promise<[IncomingMessage]>;
  asking.end();
  // A killed server leaves the file behind.
  const response = await answered.catch(() => null);
  return response === null ? null : bytesOf(response[0]);
}

/** What the server that holds the embedded database answers a command; null when none does. */
export async function askHolder(
  { database, dataDir }: Pick<Config, 'database' | 'dataDir'>,
  path: string,
): Promise<unknown> {
  const answer = database.kind === 'pglite' ? await askServer(dataDir, path) : null;
  if (answer === null) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString());
}

async function* bytesOf(response: IncomingMessage): AsyncGenerator<Uint8Array> {
  yield* response as AsyncIterable<Buffer>;
  const reason = response.trailers[failed];
  if (reason !== undefined) throw new BackupError(decodeURIComponent(reason));
}
