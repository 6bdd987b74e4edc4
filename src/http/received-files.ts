import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyRequest } from 'fastify';
import { makeTemporaryFolder } from '../db/temporary-folder.ts';
import type { Room } from '../documents/upload-room.ts';
import { AppError } from '../errors.ts';
import { openForm } from './form-parts.ts';

const maxFiles = 50;

export interface ReceivedFiles {
  paths: string[];
  /** Removes them and closes their room; as often as one likes. */
  release(): Promise<void>;
}

/**
 * The files of a form, on disk for as long as they are needed; they own the room from now on. `maxBytes`: of these
 * files, and of what the user's rooms that were opened before have put aside together with them.
 * @throws AppError `too_large`, `rate_limited`, `invalid_request`; then nothing is held
 */
export async function receiveFiles(
  request: FastifyRequest,
  room: Room,
  maxBytes: number,
): Promise<ReceivedFiles> {
  let folder: string | undefined;
  const release = async (): Promise<void> => {
    try {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    } finally {
      room.close();
    }
  };
  const paths: string[] = [];
  let left = maxBytes;
  async function* within(content: Readable): AsyncGenerator<Buffer> {
    for await (const part of content as AsyncIterable<Buffer>) {
      left -= part.length;
      if (left < 0) throw new AppError('too_large', `The files are larger than ${maxBytes / 1024 ** 3} GB.`);
      room.putAside(part.length, maxBytes);
      yield part;
    }
  }
  try {
    if (!request.isMultipart())
      throw new AppError(
        'unsupported_media_type',
        'Send the files as multipart/form-data, in the field "file".',
      );
    folder = await makeTemporaryFolder('import');
    const form = openForm(request, [], { fileSize: maxBytes + 1, files: maxFiles });
    for (let part = await form.next(); part !== null; part = await form.next()) {
      if (part.kind === 'field') continue;
      const path = join(folder, String(paths.length));
      await pipeline(within(part.file.content), createWriteStream(path, { mode: 0o600 }));
      paths.push(path);
    }
    if (paths.length === 0)
      throw new AppError('invalid_request', 'The form holds no file: send one in the field "file".');
    return { paths, release };
  } catch (error) {
    await release();
    throw error;
  }
}
