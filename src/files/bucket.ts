import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../errors.ts';
import type { BucketConfig } from './bucket-config.ts';

/** The few things that a store asks of a bucket. Each waits for the bucket's word, and is tried again by itself. */
export interface Bucket {
  put(key: string, content: { path: string; bytes: number; md5: string } | string): Promise<void>;
  /** Null when there is none. */
  get(key: string): Promise<Readable | null>;
  /** False when there is nothing to copy. */
  copy(from: string, to: string): Promise<boolean>;
  /** One that does not exist counts as deleted. */
  delete(key: string): Promise<void>;
  /** In the order of the keys, page by page. */
  list(prefix: string): AsyncIterable<{ key: string; modifiedAt: Date }>;
}

type Sdk = typeof import('@aws-sdk/client-s3');

const connectMs = 5_000;
/** Nothing comes or goes on a connection for so long: it is given up. */
const silenceMs = 60_000;
const attempts = 3;
const firstRetryMs = 200;

/** @throws Error when the library is not installed; whether the bucket answers is known at the first call */
export async function openBucket(config: BucketConfig): Promise<Bucket> {
  const sdk = await loadSdk();
  const client = new sdk.S3Client({
    ...(config.endpoint === undefined ? {} : { endpoint: config.endpoint }),
    ...(config.region === undefined ? {} : { region: config.region }),
    ...(config.credentials === undefined ? {} : { credentials: config.credentials }),
    forcePathStyle: config.pathStyle,
    maxAttempts: attempts,
    requestHandler: { connectionTimeout: connectMs, socketTimeout: silenceMs },
    // Servers other than Amazon's do not know the newer checksums; Content-MD5 they all check.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return bucketOn(sdk, client, config);
}

function bucketOn(sdk: Sdk, client: S3Client, { bucket: Bucket, prefix }: BucketConfig): Bucket {
  const nameOf = (key: string): string => prefix + key;

  return {
    async put(key, content) {
      const Key = nameOf(key);
      if (typeof content === 'string') {
        await client.send(new sdk.PutObjectCommand({ Bucket, Key, Body: content })).catch(refuse);
        return;
      }
      // The library sends a stream once only: each attempt reads the file anew.
      await again(async () => {
        const Body = createReadStream(content.path);
        const unread = new AbortController();
        // Without this the request would wait for a file that cannot be read, and its error would end the process.
        Body.once('error', (error) => unread.abort(error));
        const { bytes: ContentLength, md5: ContentMD5 } = content;
        const put = new sdk.PutObjectCommand({ Bucket, Key, Body, ContentLength, ContentMD5 });
        try {
          await client.send(put, { abortSignal: unread.signal });
        } catch (error) {
          throw unread.signal.aborted ? new UnreadFile(unread.signal.reason) : error;
        } finally {
          Body.destroy();
        }
      });
    },
    async get(key) {
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key: nameOf(key) }));
        // In Node the body is the response itself, and keeps its connection until it is read or destroyed.
        const body = Body as Readable;
        return Readable.from(translated(body), { objectMode: false }).once('close', () => body.destroy());
      } catch (error) {
        if (isAbsent(error)) return null;
        return refuse(error);
      }
    },
    async copy(from, to) {
      const CopySource = `${Bucket}/${nameOf(from)}`.split('/').map(encodeURIComponent).join('/');
      try {
        await client.send(new sdk.CopyObjectCommand({ Bucket, CopySource, Key: nameOf(to) }));
        return true;
      } catch (error) {
        if (isAbsent(error)) return false;
        return refuse(error);
      }
    },
    async delete(key) {
      await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: nameOf(key) })).catch(refuse);
    },
    async *list(within) {
      const Prefix = nameOf(within);
      let StartAfter: string | undefined;
      for (;;) {
        const ask = new sdk.ListObjectsV2Command({
          Bucket,
          Prefix,
          ...(StartAfter === undefined ? {} : { StartAfter }),
        });
        const { Contents = [], IsTruncated } = await client.send(ask).catch(refuse);
        for (const { Key, LastModified } of Contents) {
          if (Key === undefined || LastModified === undefined) continue;
          yield { key: Key.slice(prefix.length), modifiedAt: LastModified };
        }
        StartAfter = Contents.at(-1)?.Key;
        if (IsTruncated !== true || StartAfter === undefined) return;
      }
    },
  };
}

/** Amazon's own library, installed only by those who use it. */
async function loadSdk(): Promise<Sdk> {
  const name = '@aws-sdk/client-s3';
  try {
    return (await import(name)) as Sdk;
  } catch (cause) {
    throw new Error(`BLOBS_URL names a bucket but the library for it is not installed: npm install ${name}`, {
      cause,
    });
  }
}

/** A connection may also break in the middle. */
async function* translated(body: Readable): AsyncGenerator<Buffer> {
  try {
    yield* body as AsyncIterable<Buffer>;
  } catch (error) {
    refuse(error);
  }
}

/** The fault is of our own disk, not of the bucket's. */
class UnreadFile extends Error {
  constructor(cause: unknown) {
    super('a file that was to be sent to the bucket could not be read', { cause });
  }
}

async function again(send: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await send();
      return;
    } catch (error) {
      if (error instanceof UnreadFile) throw error;
      const status = statusOf(error);
      const mayPass = status === undefined || status >= 500 || status === 429;
      if (!mayPass || attempt === attempts) refuse(error);
      await new Promise((resolve) => setTimeout(resolve, firstRetryMs * 2 ** attempt));
    }
  }
}

/** What a caller may know of it; the cause is for the log. */
function refuse(error: unknown): never {
  if (statusOf(error) === 507)
    throw new AppError(
      'storage_full',
      'The storage is full: the file was not kept. Free some space and try again.',
      { cause: error },
    );
  throw new AppError(
    'unavailable',
    'The storage of the original files does not answer: nothing is lost, try again in a moment.',
    { cause: error, retryAfterSeconds: 5 },
  );
}

function isAbsent(error: unknown): boolean {
  const { name } = error as { name?: unknown };
  return name === 'NoSuchKey' || name === 'NotFound';
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
