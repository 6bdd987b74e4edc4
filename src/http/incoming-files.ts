import { Readable } from 'node:stream';
import { id } from '@alcove/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingFile } from '../documents/upload.ts';
import { AppError } from '../errors.ts';
import { createEarlyFiles } from './early-files.ts';
import { refuseBadString } from './json-body.ts';
import type { MultipartHash } from './multipart-hash.ts';

const maxFieldBytes = 10_000;

export interface Upload {
  conversationId: string | null;
  files: AsyncIterable<IncomingFile>;
}

/**
 * Reads a multipart upload as it comes. Nothing is kept before its conversation is known, from a field, the query or
 * the path: `conversationId` then.
 */
export async function readUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  conversationId?: string,
): Promise<Upload> {
  if (!request.isMultipart()) {
    throw new AppError(
      'unsupported_media_type',
      'Send files as multipart/form-data with the fields "conversationId" and "file".',
    );
  }
  const parts = request.parts({ limits: { fieldSize: maxFieldBytes } })[Symbol.asyncIterator]();
  const query = request.query as Record<string, unknown>;
  let id = conversationId ?? (typeof query['conversationId'] === 'string' ? query['conversationId'] : null);
  const early = createEarlyFiles(reply.raw);
  const hash = request.multipartHash;
  for (;;) {
    const { value: part, done } = await nextPart(parts, hash);
    if (done === true) break;
    if (part.type === 'file') {
      if (id !== null)
        return { conversationId: id, files: filesOf([...early.files, toFile(part, hash)], parts, id, hash) };
      await early.add(toFile(part, hash));
    } else if (part.fieldname === 'conversationId' || part.fieldname === 'conversation_id')
      id = String(part.value);
  }
  return { conversationId: id, files: filesOf(early.files, parts, id, hash) };
}

type Parts = AsyncIterator<Awaited<ReturnType<ReturnType<FastifyRequest['parts']>['next']>>['value']>;

async function* filesOf(
  first: readonly IncomingFile[],
  parts: Parts,
  conversationId: string | null,
  hash: MultipartHash | null,
) {
  yield* first;
  for (;;) {
    const { value: part, done } = await nextPart(parts, hash);
    if (done === true) return;
    if (part.type === 'file') yield toFile(part, hash);
    else if (part.fieldname === 'conversationId' && String(part.value) !== conversationId) {
      throw new AppError('invalid_request', 'The upload names two conversations.');
    }
  }
}

/** What the multipart parser throws is the client's doing. */
async function nextPart(parts: Parts, hash: MultipartHash | null) {
  try {
    const next = await parts.next();
    if (next.done !== true && next.value.type === 'field')
      hash?.field(next.value.fieldname, String(next.value.value));
    return next;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'string' && code.startsWith('FST_')) throw cause;
    throw cutOff(cause);
  }
}

function toFile(
  part: { fieldname: string; filename?: string; file: Readable & { truncated?: boolean } },
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

/** @throws AppError `no_conversation_id`, with the sentence of the founding document */
export function requireConversationId(given: string | null): string {
  if (given === null || given.trim() === '')
    throw new AppError('no_conversation_id', 'No conversation ID provided');
  const parsed = id.safeParse(given.trim());
  if (!parsed.success) {
    throw new AppError('invalid_request', 'The conversation ID is not a UUID.', {
      issues: [{ path: 'conversationId', message: 'is not a UUID' }],
    });
  }
  return parsed.data.toLowerCase();
}
