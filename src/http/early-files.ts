import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { makeTemporaryFolder } from '../db/temporary-folder.ts';
import type { Room } from '../documents/upload-room.ts';
import type { IncomingFile } from '../documents/upload.ts';
import { AppError } from '../errors.ts';
import { whenClosed } from './caller-gone.ts';

/** Whoever sends more than this names the conversation first. */
const maxBytes = 64 * 1024 * 1024;

export interface EarlyFiles {
  readonly files: IncomingFile[];
  /** @throws AppError `too_large`, `quota_exceeded` */
  add(file: IncomingFile): Promise<void>;
}

/**
 * Forms are in no order: files that come before the field that says where they belong wait in a temporary folder,
 * which goes with the response whatever becomes of them. They take their room there, and give it back as they leave.
 */
export function createEarlyFiles(response: ServerResponse, room: Room): EarlyFiles {
  const files: IncomingFile[] = [];
  let folder: Promise<string> | undefined;
  let bytes = 0;

  function open(): Promise<string> {
    const made = makeTemporaryFolder('upload');
    // A folder that cannot be removed now the next start removes: nothing refers to it.
    const remove = (): void =>
      void made.then((path) => rm(path, { recursive: true, force: true })).catch(() => {});
    whenClosed(response, remove);
    return made;
  }

  async function* counted(content: Readable): AsyncGenerator<Buffer> {
    for await (const part of content as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxBytes)
        throw new AppError('too_large', 'Name the conversation before files of this size.');
      room.take(part.length);
      yield part;
    }
  }

  return {
    files,
    async add({ name, content }) {
      folder ??= open();
      const path = join(await folder, String(files.length));
      await pipeline(counted(content), createWriteStream(path, { mode: 0o600 }));
      files.push({ name, content: Readable.from(bytesOf(path, room), { objectMode: false }) });
    },
  };
}

/** Opened when it is read: of an upload that is refused nobody reads it. */
async function* bytesOf(path: string, room: Room): AsyncGenerator<Buffer> {
  for await (const part of createReadStream(path) as AsyncIterable<Buffer>) {
    room.giveBack(part.length);
    yield part;
  }
}
