import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { IncomingFile } from '../documents/upload.ts';
import { AppError } from '../errors.ts';

/** Whoever sends more than this names the conversation first. */
const maxBytes = 64 * 1024 * 1024;

export interface EarlyFiles {
  readonly files: IncomingFile[];
  /** @throws AppError `too_large` */
  add(file: IncomingFile): Promise<void>;
}

/**
 * Forms are in no order: files that come before the field that says where they belong wait in a temporary folder,
 * which goes with the response whatever becomes of them.
 */
export function createEarlyFiles(response: ServerResponse): EarlyFiles {
  const files: IncomingFile[] = [];
  let folder: Promise<string> | undefined;
  let bytes = 0;

  function open(): Promise<string> {
    const made = mkdtemp(join(tmpdir(), 'alcove-upload-'));
    // A folder that cannot be removed is the system's to clean: nothing refers to it.
    response.once(
      'close',
      () => void made.then((path) => rm(path, { recursive: true, force: true })).catch(() => {}),
    );
    return made;
  }

  async function* counted(content: Readable): AsyncGenerator<Buffer> {
    for await (const part of content as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxBytes)
        throw new AppError('too_large', 'Name the conversation before files of this size.');
      yield part;
    }
  }

  return {
    files,
    async add({ name, content }) {
      folder ??= open();
      const path = join(await folder, String(files.length));
      await pipeline(counted(content), createWriteStream(path, { mode: 0o600 }));
      files.push({ name, content: createReadStream(path) });
    },
  };
}
