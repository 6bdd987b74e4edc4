import { join } from 'node:path';
import { AppError, hasCode } from '../errors.ts';
import { checkedKey, isBlobKey } from './blob-key.ts';
import type { BlobStore } from './blob-store.ts';
import { type Bucket, openBucket } from './bucket.ts';
import type { BucketConfig } from './bucket-config.ts';
import { originalMissing } from './original-missing.ts';
import { createSpool } from './spool.ts';

const dayMs = 24 * 3600 * 1000;

/**
 * Originals as objects. They are written to `folder` first: only then are size and hash known, and an upload to the
 * bucket can be tried again. A key appears there whole or not at all.
 * @throws Error with a sentence when the bucket cannot be listed, written and deleted from
 */
export async function createBucketStore(config: BucketConfig, folder: string): Promise<BlobStore> {
  const bucket = await openBucket(config);
  await tryOut(bucket, config);
  const spool = await createSpool(join(folder, 'incoming'), { withMd5: true });
  const nameOf = (key: string): string => `blobs/${checkedKey(key)}`;
  const asideOf = (key: string): string => `quarantine/${checkedKey(key)}/`;

  /** Copy, then delete: a crash between leaves both, and the next pass does it again. */
  async function move(from: string, to: string): Promise<boolean> {
    if (!(await bucket.copy(from, to))) return false;
    await bucket.delete(from);
    return true;
  }

  async function restore(key: string): Promise<boolean> {
    for await (const aside of bucket.list(asideOf(key))) if (await move(aside.key, nameOf(key))) return true;
    return false;
  }

  return {
    name: 'bucket',
    place: `the bucket ${config.url}`,
    setting: 'BLOBS_URL',
    put(key, content, maxBytes) {
      const name = nameOf(key);
      return spool.receive(content, maxBytes, (file) => bucket.put(name, file));
    },
    async read(key) {
      const found = await bucket.get(nameOf(key));
      if (found !== null) return found;
      // When there was nothing to restore, somebody else may just have done it.
      await restore(key);
      const restored = await bucket.get(nameOf(key));
      if (restored === null) throw originalMissing(new Error('no such object'));
      return restored;
    },
    async delete(key) {
      await bucket.delete(nameOf(key));
      for await (const aside of bucket.list(asideOf(key))) await bucket.delete(aside.key);
    },
    async *list() {
      for await (const { key, modifiedAt } of bucket.list('blobs/')) {
        const blob = key.slice('blobs/'.length);
        if (isBlobKey(blob)) yield { key: blob, modifiedAt };
      }
    },
    async quarantine(key, now) {
      await move(nameOf(key), asideOf(key) + now.toISOString().slice(0, 10));
    },
    restore,
    async *listQuarantined() {
      for await (const { key: name } of bucket.list('quarantine/')) {
        const cut = name.lastIndexOf('/');
        const key = name.slice('quarantine/'.length, cut);
        const day = Date.parse(name.slice(cut + 1));
        // Its last moment: none is deleted a day too early.
        if (isBlobKey(key) && !Number.isNaN(day)) yield { key, since: new Date(day + dayMs) };
      }
    },
    deleteUnfinished: spool.deleteUnfinished,
    async readNote(name) {
      const found = await bucket.get(name);
      if (found === null) return null;
      const parts: Buffer[] = [];
      for await (const part of found as AsyncIterable<Buffer>) parts.push(part);
      return Buffer.concat(parts).toString();
    },
    writeNote: (name, text) => bucket.put(name, text),
    deleteNote: (name) => bucket.delete(name),
  };
}

/** Does everything once that the store will need, so that a wrong key is found out now and not by an upload. */
async function tryOut(bucket: Bucket, { url }: BucketConfig): Promise<void> {
  const name = `probe/${crypto.randomUUID()}`;
  try {
    for await (const _ of bucket.list('blobs/')) break;
    await bucket.put(name, 'probe');
    await bucket.delete(name);
  } catch (error) {
    const reason = error instanceof AppError ? (error.cause as Error) : (error as Error);
    const full = hasCode(error, 'storage_full');
    throw new Error(
      `The bucket ${url} cannot be used: ${full ? 'it is full' : reasonOf(reason)}. Check BLOBS_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
      { cause: error },
    );
  }
}

function reasonOf({ name, message }: Error): string {
  if (name === 'Error' || message.includes(name)) return message;
  return message === '' || message === 'UnknownError' ? name : `${message} (${name})`.replace('. (', ' (');
}
