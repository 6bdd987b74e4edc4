import { DrizzleQueryError } from 'drizzle-orm';
import { AppError } from '../errors.ts';

const away = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  '57P01',
  '57P02',
  '57P03',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
  '53300',
  '25006',
]);
const retry = new Set(['40001', '40P01', '55P03', '57014']);
const full = new Set(['53100', 'ENOSPC']);
const dropped =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** The SQLSTATE or system code of a database failure, looked for through its causes. */
export function databaseCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === 'string' && !(at instanceof AppError)) return code;
    if (dropped.test(at.message)) return 'ECONNRESET';
  }
  return undefined;
}

/** True when a unique key is taken; `constraint` narrows it to one key. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return databaseCode(error) === '23505' && (constraint === undefined || constraintOf(error) === constraint);
}

/** True when a row refers to one that is not there; `constraint` narrows it to one reference. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return databaseCode(error) === '23503' && (constraint === undefined || constraintOf(error) === constraint);
}

const referred = /_(conversation|document|message)$/;

/** What was there when the request began and is deleted by now, by the key that refers to it; null for other failures. */
export function goneMeanwhile(error: unknown): 'conversation' | 'document' | 'message' | null {
  if (databaseCode(error) !== '23503') return null;
  const what = referred.exec(constraintOf(error) ?? '')?.[1];
  return what === undefined ? null : (what as 'conversation' | 'document' | 'message');
}

/** A commit was under way when the connection was lost: what it was to write may be written. */
export class UnknownCommit extends Error {
  constructor(cause: unknown) {
    super('the connection was lost while a transaction was being committed', { cause });
  }
}

export function isUnknownCommit(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (at instanceof UnknownCommit) return true;
  }
  return false;
}

/** True when the server or the way to it is gone, so that nothing is known of what was sent. */
export function isConnectionLost(error: unknown): boolean {
  const code = databaseCode(error) ?? '';
  return away.has(code) || (code === 'ENOENT' && isOfSocket(error));
}

/**
 * A server of PostgreSQL ends itself behind such an error, as when its log does not fit on the disk. The embedded database
 * goes on, but the connection that was told of it answers nothing more.
 */
export function isPanic(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ((at as { severity?: unknown }).severity === 'PANIC') return true;
  }
  return false;
}

/** A socket may be missing like any file; a missing file is nothing that the database could help with. */
function isOfSocket(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ((at as { syscall?: unknown }).syscall === 'connect') return true;
  }
  return false;
}

/** The server or the way to it is gone, or it takes no writes: for whoever asks, 503. */
export class DatabaseAway extends AppError {
  constructor(cause: unknown) {
    super('unavailable', 'The database cannot be reached right now; try again in a few seconds.', {
      cause,
      retryAfterSeconds: 2,
    });
  }
}

/** Turns what a caller can wait for into 503 or 507; everything else stays as it is. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = databaseCode(error);
  if (code === undefined) return error;
  const cause = withoutValues(error);
  if (isConnectionLost(error)) return new DatabaseAway(cause);
  if (retry.has(code)) {
    return new AppError('unavailable', 'The database was busy with a conflicting change; try again.', {
      cause,
      retryAfterSeconds: 1,
    });
  }
  if (full.has(code)) {
    return new AppError(
      'storage_full',
      'The storage is full: nothing was changed. Free some space and try again.',
      {
        cause,
      },
    );
  }
  return cause;
}

/** The failure as a log may hold it: Drizzle puts parameters into its message, PostgreSQL whole rows into `detail`. */
export function withoutValues(error: unknown): unknown {
  if (error instanceof DrizzleQueryError) {
    const clean = new Error(`Failed query: ${error.query}`, { cause: withoutValues(error.cause) });
    clean.stack = `${clean.message}${error.stack?.slice(error.stack.indexOf('\n    at ')) ?? ''}`;
    return clean;
  }
  if (error instanceof Error && 'detail' in error) error.detail = undefined;
  return error;
}

function constraintOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    // What a machine of Citus refuses is told on by its words alone.
    const told = /violates (?:unique|foreign key|check|exclusion) constraint "([^"]+)"/.exec(at.message)?.[1];
    const constraint = (at as { constraint?: unknown }).constraint ?? told;
    // Each part of a table that Citus distributes has keys of its own, with the part's number behind their names.
    if (typeof constraint === 'string') return constraint.replace(/_\d{6,}$/, '');
  }
  return undefined;
}
