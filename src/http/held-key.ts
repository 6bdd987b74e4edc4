import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { AlsoWrite } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { type About, type KeyClaim, settleKeyWithin } from '../identity/idempotency-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { printExact } from './exact-json.ts';

// What a request that holds its Idempotency-Key says of it while it is at work (idempotency.ts).

declare module 'fastify' {
  interface FastifyRequest {
    /** Held while this request is the one that acts for its Idempotency-Key. */
    idempotency: Held | null;
    /** What an earlier request with this key has made: answer with it as it is now instead of making it again. */
    replayOf: readonly string[] | null;
  }
}

export interface Held {
  claim: KeyClaim;
  scope: UserScope;
  requestHash(): string;
  about: About;
  /** What repeats get where no transaction of the effect has settled the key. */
  kept: string | null;
  /** Written in the transaction of the effect, which may have been undone since. */
  isSettled: boolean;
  /** Whether the effect was committed is not known: the key stays locked until its time is over. */
  isUnknown: boolean;
  /** Something is committed already: only the same request may have the key. */
  hasChanged: boolean;
  /** The answer is sent while the request is at work. */
  isGoingOn: boolean;
  renewing: NodeJS.Timeout;
  end(status: number): Promise<void>;
}

export const referenceField = '$answer';

const keyForm = /^[\x21-\x7e]{1,255}$/;

/** Names this request and its repeats, by its Idempotency-Key and what it asks for; undefined without a key. */
export function requestNameOf(request: FastifyRequest): string | undefined {
  if (request.idempotency === null) return undefined;
  return `idempotency:${sha256(`${keyOf(request)} ${request.idempotency.requestHash()}`)}`;
}

/** Says what the answer to this request speaks of. */
export function speakOf(request: FastifyRequest, about: About): void {
  if (request.idempotency !== null) Object.assign(request.idempotency.about, about);
}

/** The commit of this request's effect was lost on its way: nobody knows whether it happened. */
export function leaveLocked(request: FastifyRequest): void {
  if (request.idempotency !== null) request.idempotency.isUnknown = true;
}

/** Something of this request is committed before its key is settled: a failure does not free the key for another request. */
export function markChanged(request: FastifyRequest): void {
  if (request.idempotency !== null) request.idempotency.hasChanged = true;
}

/** Repeats get what these name (`replayOf`): for an effect of many transactions, of which none settles the key. */
export function keepReference(request: FastifyRequest, ids: readonly string[]): void {
  if (request.idempotency !== null) request.idempotency.kept = JSON.stringify({ [referenceField]: ids });
}

/** Ends with this status, and what repeats get of it where it went well. */
export type EndOfRequest = (status: number, ids: readonly string[] | null) => Promise<void>;

/** Holds the key of a request that is at work while its answer is sent, until the function is called. */
export function holdWhileSending(request: FastifyRequest): EndOfRequest {
  const held = request.idempotency;
  if (held === null) return async () => {};
  held.isGoingOn = true;
  return async (status, ids) => {
    if (ids !== null) held.kept = JSON.stringify({ [referenceField]: ids });
    // Nobody can be told any more: the lock runs out.
    await held.end(status).catch(() => {});
  };
}

/**
 * Settles the key of this request in the transaction of its effect, for the verb that has it: repeats get the body that
 * `present` makes of what was made. Undefined without a key.
 */
export function settleWith<T>(
  request: FastifyRequest,
  status: number,
  present: (made: T) => unknown,
  aboutOf?: (made: T) => About,
): AlsoWrite<T> | undefined {
  const held = request.idempotency;
  if (held === null) return undefined;
  return async (tx, made) => {
    const response = printExact(JSON.stringify(present(made)));
    const settlement = { requestHash: held.requestHash(), status, response };
    await settleKeyWithin(tx, held.scope, held.claim, { ...settlement, ...held.about, ...aboutOf?.(made) });
    held.isSettled = true;
  };
}

/**
 * The same where the answer takes longer than its effect, or speaks of what is in no conversation: repeats get what was
 * made as it is then (`replayOf`), or that it is gone.
 */
export function settleByReference<T>(
  request: FastifyRequest,
  status: number,
  idsOf: (made: T) => readonly string[],
  aboutOf?: (made: T) => About,
): AlsoWrite<T> | undefined {
  return settleWith(request, status, (made: T) => ({ [referenceField]: idsOf(made) }), aboutOf);
}

/** Repeats follow the answer that was begun. */
export function settleAnswer(
  request: FastifyRequest,
): AlsoWrite<{ conversationId: string; messageId: string }> | undefined {
  return settleByReference(
    request,
    200,
    ({ messageId }) => [messageId],
    ({ conversationId, messageId }) => ({ conversationId, messageId }),
  );
}

/** Null where none was sent, or none counts. @throws AppError `idempotency_key_invalid` */
export function keyOf(request: FastifyRequest): string | null {
  const header = request.headers['idempotency-key'];
  const { config } = request.routeOptions;
  if (request.method !== 'POST' || header === undefined) return null;
  if (typeof header !== 'string' || !keyForm.test(header)) {
    throw new AppError(
      'idempotency_key_invalid',
      'An Idempotency-Key has 1 to 255 printable ASCII characters.',
    );
  }
  return config.readOnly === true || config.secret === true ? null : header;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
