import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors.ts';

/** Deeper JSON is refused before it is parsed: PGlite drops rows of JSON nested some thousands deep. */
export const maxDepth = 32;
const maxKeys = 50_000;
/** The body itself is one level above what the caller calls its depth. */
const bodyLevels = 2;

declare module 'fastify' {
  interface FastifyRequest {
    /** The JSON body as it came, for what must be kept as it came. */
    rawJson: string | null;
  }
}

/** Parses JSON bodies strictly: well-formed UTF-8, no NUL or lone surrogate, bounded depth and number of keys. */
export function registerJsonBody(app: FastifyInstance): void {
  app.decorateRequest('rawJson', null);
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const text = decode(body as Buffer);
      request.rawJson = text;
      done(null, text.trim() === '' ? null : parseJson(text));
    } catch (error) {
      done(error as Error);
    }
  });
}

function decode(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw invalid('The body is not valid UTF-8.', cause);
  }
}

/** @throws AppError `invalid_request`, naming the field where there is one */
function parseJson(text: string): unknown {
  checkShape(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the cause: it quotes the body, and the log may not hold passwords or texts.
    throw invalid('The body is not valid JSON.');
  }
  refuseBadText(value, '');
  return value;
}

/** One pass over the text before it becomes objects: nesting and number of members, outside strings. */
function checkShape(text: string): void {
  let depth = 0;
  let members = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > maxDepth + bodyLevels) throw invalid(`The JSON is nested deeper than ${maxDepth} levels.`);
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
    else if (code === 0x2c) {
      members += 1;
      if (members > maxKeys) throw invalid(`The JSON has more than ${maxKeys} members.`);
    }
  }
}

/** PostgreSQL keeps neither NUL nor lone surrogates: refused by name, never silently changed. */
function refuseBadText(value: unknown, path: string): void {
  if (typeof value === 'string') refuseBadString(value, path);
  else if (Array.isArray(value)) value.forEach((item, at) => refuseBadText(item, `${path}[${at}]`));
  else if (typeof value === 'object' && value !== null) {
    for (const key of Object.keys(value)) {
      const inner = path === '' ? key : `${path}.${key}`;
      refuseBadString(key, inner);
      refuseBadText((value as Record<string, unknown>)[key], inner);
    }
  }
}

export function refuseBadString(value: string, path: string): void {
  const problem = value.includes('\0') ? 'a NUL character' : value.isWellFormed() ? null : 'a lone surrogate';
  if (problem === null) return;
  const field = path.toWellFormed().replaceAll('\0', '');
  throw new AppError('invalid_request', `The field "${field}" holds ${problem}, which cannot be kept.`, {
    issues: [{ path: field, message: `holds ${problem}` }],
  });
}

/** Nesting of a JSON value: a scalar is 0 deep, `{}` and `[]` are 1. Never called on more than `checkShape` lets in. */
export function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, depthOf(inner));
  return deepest + 1;
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('invalid_request', message, { cause });
}
