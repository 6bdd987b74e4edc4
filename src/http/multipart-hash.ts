import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Grows while the parts of a multipart body are read. */
    multipartHash: MultipartHash | null;
  }
}

/** SHA-256 of a form as it says what it says: names, values and bytes of its parts in order, not its boundaries. */
export interface MultipartHash {
  field(name: string, value: string): void;
  file(fieldName: string, fileName: string): void;
  /** Bytes of the file that was named last. */
  content(bytes: Uint8Array): void;
  digest(): string;
}

export function createMultipartHash(): MultipartHash {
  const whole = createHash('sha256');
  let file = createHash('sha256');
  const part = (...about: string[]): void => {
    // The bytes of the file before stand as their hash, so that no content can look like a part.
    whole.update(`${file.digest('hex')} ${JSON.stringify(about)}\n`);
    file = createHash('sha256');
  };
  return {
    field: (name, value) => part('field', name, value),
    file: (fieldName, fileName) => part('file', fieldName, fileName),
    content: (bytes) => void file.update(bytes),
    digest: () => {
      part('end');
      return whole.digest('hex');
    },
  };
}

/** Reads a form to its end and keeps nothing of it. @returns its hash */
export async function hashMultipart(request: FastifyRequest): Promise<string> {
  const hash = createMultipartHash();
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      hash.field(part.fieldname, String(part.value));
      continue;
    }
    hash.file(part.fieldname, part.filename ?? 'document');
    for await (const bytes of part.file as AsyncIterable<Buffer>) hash.content(bytes);
  }
  return hash.digest();
}
