import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyRequest } from 'fastify';
import { makeTemporaryFolder } from '../db/temporary-folder.ts';
import { AppError } from '../errors.ts';

const maxFiles = 50;

export interface ReceivedFiles {
  paths: string[];
  remove(): Promise<void>;
}

/** The files of a form, on disk for as long as they are needed. @throws AppError `too_large`, `invalid_request` */
export async function receiveFiles(request: FastifyRequest, maxBytes: number): Promise<ReceivedFiles> {
  if (!request.isMultipart())
    throw new AppError(
      'unsupported_media_type',
      'Send the files as multipart/form-data, in the field "file".',
    );
  const folder = await makeTemporaryFolder('import');
  const remove = () => rm(folder, { recursive: true, force: true });
  const paths: string[] = [];
  let left = maxBytes;
  const within = () =>
    new Transform({
      transform(part: Buffer, _encoding, done) {
        left -= part.length;
        done(
          left < 0
            ? new AppError('too_large', `The files are larger than ${maxBytes / 1024 ** 3} GB.`)
            : null,
          part,
        );
      },
    });
  try {
    for await (const part of request.parts({ limits: { fileSize: maxBytes + 1, files: maxFiles } })) {
      if (part.type === 'field') {
        request.multipartHash?.field(part.fieldname, String(part.value));
        continue;
      }
      request.multipartHash?.file(part.fieldname, part.filename);
      const path = join(folder, String(paths.length));
      part.file.on('data', (bytes: Buffer) => request.multipartHash?.content(bytes));
      await pipeline(part.file, within(), createWriteStream(path, { mode: 0o600 }));
      paths.push(path);
    }
    if (paths.length === 0)
      throw new AppError('invalid_request', 'The form holds no file: send one in the field "file".');
    return { paths, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
