import { open, rm } from 'node:fs/promises';
import { moveDurably } from '../db/durable-files.ts';

/**
 * Lets `write` fill a file beside the new one, which gets its name when it is whole; of what was cut off nothing stays.
 * @throws for a file that is there already, before anything is written
 */
export async function writeNewFile<T>(target: string, write: (partial: string) => Promise<T>): Promise<T> {
  await refuseExisting(target);
  const partial = `${target}.partial`;
  try {
    const written = await write(partial);
    await moveDurably(partial, target);
    return written;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** For its owner alone. */
export async function keepBytes(bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    for await (const piece of bytes) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function refuseExisting(path: string): Promise<void> {
  const found = await open(path, 'r').catch(() => null);
  await found?.close();
  if (found !== null) throw new Error(`${path} exists already: name a new file.`);
}
