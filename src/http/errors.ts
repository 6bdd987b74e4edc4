import { STATUS_CODES } from 'node:http';
import type { ErrorCode, FieldIssue, Problem } from '@alcove/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { goneMeanwhile, isUnknownCommit, translateDatabaseError, withoutValues } from '../db/errors.ts';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { leaveLocked } from './held-key.ts';

/** The one place where any failure becomes a response; what is unexpected says nothing outward. */
export function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendProblem(toAppError(error), error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const error = new AppError('not_found', `There is nothing at ${request.method} ${pathOf(request)}.`);
    return sendProblem(error, error, request, reply);
  });
}

function problemOf(error: AppError, { id: requestId, principal }: FastifyRequest): Problem {
  return {
    type: `urn:alcove:error:${error.code}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    error: error.tell(principal?.role === 'admin'),
    request_id: requestId,
    ...(error.issues === undefined ? {} : { issues: error.issues }),
  };
}

function sendProblem(
  error: AppError,
  original: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error.code === 'internal') request.log.error({ err: original }, 'unexpected error');
  // Mostly a race with a deletion. Else it is a defect, and this is all that tells.
  else if (goneMeanwhile(original) !== null)
    request.log.warn({ err: withoutValues(original) }, 'what a row refers to is not there');
  // Neither message nor cause: they may name files, paths and fields that the client made up.
  else request.log.debug({ code: error.code }, 'request refused');
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(error.retryAfterSeconds));
  if (error.status === 401) reply.header('www-authenticate', 'Bearer');
  if (isUnknownCommit(original)) leaveLocked(request);
  readToEnd(request);
  return reply
    .code(error.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(problemOf(error, request));
}

/** A client that is still sending an upload when it is refused must be able to finish, or it never reads why. */
function readToEnd(request: FastifyRequest): void {
  const { raw } = request;
  if (raw.complete || raw.destroyed) return;
  raw.unpipe();
  if (request.principal === null && request.routeOptions.config.public !== true) cutOffSoon(raw);
  raw.resume();
}

const strangerBytes = 256 * 1024;
const strangerMs = 1_000;

/** Nobody's upload is not read on: what is on its way is let in, so that the refusal is read, and no more. */
function cutOffSoon(raw: FastifyRequest['raw']): void {
  let bytes = 0;
  const timer = setTimeout(() => raw.destroy(), strangerMs).unref();
  raw.once('close', () => clearTimeout(timer));
  raw.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > strangerBytes) raw.destroy();
  });
}

/** Every value that can be thrown, as an error with a code. */
function toAppError(error: unknown): AppError {
  const known = translateDatabaseError(error);
  if (known instanceof AppError) return known;
  if (error instanceof z.ZodError) return invalidRequest(error);
  const gone = goneMeanwhile(error);
  if (gone !== null) return new AppError('not_found', `This ${gone} does not exist.`, { cause: error });
  const code = (error as { code?: unknown }).code;
  const mapped = typeof code === 'string' ? fastifyErrors[code] : undefined;
  if (mapped !== undefined) return new AppError(mapped[0], mapped[1], { cause: error });
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new AppError(status === 413 ? 'too_large' : 'invalid_request', 'The request is not valid.', {
      cause: error,
    });
  }
  return new AppError(
    'internal',
    'Something unexpected went wrong here; the request id tells the operator where.',
    {
      cause: error,
    },
  );
}

const maxIssues = 20;

function invalidRequest(error: z.ZodError): AppError {
  const issues = error.issues.flatMap(fieldIssues).slice(0, maxIssues);
  const first = issues[0];
  const where = first === undefined || first.path === '' ? '' : ` at "${first.path}"`;
  const told = first?.message ?? 'see issues';
  const end = told.endsWith('?') ? '' : '.';
  return new AppError('invalid_request', `The request is not valid${where}: ${told}${end}`, { issues });
}

/** Unknown fields are named one by one, by one line of the message each (see strict-input.ts). */
function fieldIssues(issue: z.core.$ZodIssue): FieldIssue[] {
  const { message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path.join('.'), message }];
  const lines = message.split('\n');
  return issue.keys.slice(0, lines.length).map((key, at) => ({
    path: [...issue.path, key.slice(0, 100)].join('.'),
    message: lines[at] ?? message,
  }));
}

const fastifyErrors: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large', 'The body is larger than 1 MB: send long texts as documents.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send the body as application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as Content-Length says.'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_request', 'The body is empty: send JSON.'],
  FST_INVALID_MULTIPART_CONTENT_TYPE: ['unsupported_media_type', 'Send files as multipart/form-data.'],
  FST_REQ_FILE_TOO_LARGE: ['too_large', 'The file is too large.'],
  FST_FILES_LIMIT: ['too_large', 'Too many files in one upload.'],
  FST_PARTS_LIMIT: ['too_large', 'Too many parts in one upload.'],
  FST_FIELDS_LIMIT: ['too_large', 'Too many fields in one upload.'],
  ERR_STREAM_PREMATURE_CLOSE: ['invalid_request', 'The upload ended before its end.'],
};

function pathOf(request: FastifyRequest): string {
  return (request.url.split('?', 1)[0] ?? '').slice(0, 200);
}
