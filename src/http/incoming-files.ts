import { id } from '@alcove/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Room } from '../documents/upload-room.ts';
import type { IncomingFile } from '../documents/upload.ts';
import { AppError } from '../errors.ts';
import { createEarlyFiles } from './early-files.ts';
import { type FormParts, openForm } from './form-parts.ts';

const maxFieldBytes = 10_000;
/** Both spellings of the founding documents. */
const conversationFields = ['conversationId', 'conversation_id'];

export interface Upload {
  conversationId: string | null;
  files: AsyncIterable<IncomingFile>;
}

/** The files of a form that is for this conversation, as they come. */
export function readFiles(request: FastifyRequest, conversationId: string): AsyncIterable<IncomingFile> {
  return filesOf([], openUpload(request), conversationId);
}

/** Reads a form as it comes, until its conversation is known, from the query or a field: no file is kept before. */
export async function readUpload(request: FastifyRequest, reply: FastifyReply, room: Room): Promise<Upload> {
  if (!request.isMultipart()) {
    throw new AppError(
      'unsupported_media_type',
      'Send files as multipart/form-data with the fields "conversationId" and "file".',
    );
  }
  const { conversationId: named } = request.query as { conversationId?: string };
  let known = nameConversation(null, named ?? '');
  const parts = openUpload(request);
  const early = createEarlyFiles(reply.raw, room);
  for (let part = await parts.next(); part !== null; part = await parts.next()) {
    if (part.kind === 'field') known = nameConversation(known, part.value);
    else if (known === null) await early.add(part.file);
    else return { conversationId: known, files: filesOf([...early.files, part.file], parts, known) };
  }
  return { conversationId: known, files: filesOf(early.files, parts, known) };
}

function openUpload(request: FastifyRequest): FormParts {
  return openForm(request, conversationFields, { fieldSize: maxFieldBytes });
}

async function* filesOf(
  first: readonly IncomingFile[],
  parts: FormParts,
  known: string | null,
): AsyncGenerator<IncomingFile> {
  yield* first;
  for (let part = await parts.next(); part !== null; part = await parts.next()) {
    if (part.kind === 'file') yield part.file;
    else nameConversation(known, part.value);
  }
}

/**
 * The conversation that an upload is for, once it is `given` beside what is `known`; nothing and blanks name none.
 * @throws AppError `invalid_request` when these are two
 */
function nameConversation(known: string | null, given: string): string | null {
  if (given.trim() === '') return known;
  if (known !== null && plain(known) !== plain(given))
    throw new AppError('invalid_request', 'The upload names two conversations.');
  return given;
}

function plain(conversationId: string): string {
  return conversationId.trim().toLowerCase();
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
