import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { IncomingFile } from '../documents/upload.ts';
import { AppError } from '../errors.ts';
import { refuseBadString } from './json-body.ts';
import type { MultipartHash } from './multipart-hash.ts';
import { refuseUnknownName } from './strict-input.ts';

const fileField = 'file';

export type FormPart =
  | { kind: 'field'; name: string; value: string }
  | { kind: 'file'; file: IncomingFile; name: string };

export interface FormParts {
  /** Null at the end. A file is read before the next part is asked for. @throws AppError `invalid_request` */
  next(): Promise<FormPart | null>;
}

type Limits = NonNullable<Parameters<FastifyRequest['parts']>[0]>['limits'];

/** The parts of a form as they come: files in `file`, repeated as often as one likes, and text in these fields. */
export function openForm(
  request: FastifyRequest,
  textFields: readonly string[],
  limits: NonNullable<Limits>,
): FormParts {
  const parts = request.parts({ limits })[Symbol.asyncIterator]();
  const hash = request.multipartHash;
  const known = [fileField, ...textFields];
  return {
    async next() {
      const { value: part, done } = await parts.next().catch(refuse);
      if (done === true) return null;
      const { fieldname: name, type } = part;
      refuseUnknownName(name, known);
      if ((type === 'file') !== (name === fileField))
        throw new AppError(
          'invalid_request',
          `Send the field "${name}" as ${type === 'file' ? 'text' : 'a file'}.`,
        );
      if (type === 'file') return { kind: type, name, file: toFile(part, hash) };
      const value = String(part.value);
      hash?.field(name, value);
      return { kind: type, name, value };
    },
  };
}

/** What the multipart parser throws is the client's doing. */
function refuse(cause: unknown): never {
  if (cause instanceof AppError) throw cause;
  const code = (cause as { code?: unknown }).code;
  if (typeof code === 'string' && code.startsWith('FST_')) throw cause;
  throw cutOff(cause);
}

function toFile(
  part: { fieldname: string; filename?: string; file: Readable },
  hash: MultipartHash | null,
): IncomingFile {
  const name = part.filename ?? 'document';
  hash?.file(part.fieldname, name);
  refuseBadString(name, 'filename');
  return { name, content: Readable.from(contentOf(part.file, hash), { objectMode: false }) };
}

/** A file that breaks off fails like the rest of its form. */
async function* contentOf(file: Readable, hash: MultipartHash | null): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of file as AsyncIterable<Buffer>) {
      hash?.content(bytes);
      yield bytes;
    }
  } catch (cause) {
    throw cutOff(cause);
  }
}

function cutOff(cause: unknown): AppError {
  return new AppError('invalid_request', 'The upload is not valid multipart/form-data, or it was cut off.', {
    cause,
  });
}
