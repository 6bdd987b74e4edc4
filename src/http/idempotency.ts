import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ConversationScope } from '../conversations/scope.ts';
import type { AlsoWrite, Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import {
  type About,
  claimKey,
  type ClaimedKey,
  type KeyClaim,
  releaseKey,
  renewKey,
  settleKey,
  settleKeyWithin,
  type StoredAnswer,
} from '../identity/idempotency-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { printExact } from './exact-json.ts';
import { createMultipartHash, hashMultipart } from './multipart-hash.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Held while this request is the one that acts for its Idempotency-Key. */
    idempotency: Held | null;
    /** What an earlier request with this key has made: answer with it as it is now instead of making it again. */
    replayOf: readonly string[] | null;
  }
  interface FastifyContextConfig {
    /** Its answer holds a secret: never kept and never repeated, so that an Idempotency-Key says nothing. */
    secret?: boolean;
  }
}

interface Held {
  claim: KeyClaim;
  scope: UserScope;
  requestHash(): string;
  about: About;
  /** Written in the transaction of the effect, which may have been undone since. */
  isSettled: boolean;
  /** Whether the effect was committed is not known: the key stays locked until its time is over. */
  isUnknown: boolean;
  renewing: NodeJS.Timeout;
}

const keyForm = /^[\x21-\x7e]{1,255}$/;
/** How long a repeat waits for the first request before it is told to come back. */
const waitMs = 20_000;
const pollMs = 100;
/** A third of the lock (idempotency-store.ts). */
const renewMs = 3_300;
const referenceField = '$answer';

/** `Idempotency-Key` on any POST: one effect; repeats get the first answer. */
export function registerIdempotency(app: FastifyInstance, db: Database): void {
  app.decorateRequest('idempotency', null);
  app.decorateRequest('replayOf', null);
  app.decorateRequest('multipartHash', null);

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    if (key === null || request.principal === null) return undefined;
    const { scope } = request.principal;
    const path = sha256(`${request.method} ${request.url}`);
    const claimed = await claimOrWait(scope, key, `${path}.${bodyHash(request)}`);
    if (claimed.outcome === 'claimed') {
      request.idempotency = hold(request, reply, scope, claimed.claim, path);
      return undefined;
    }
    if (claimed.outcome === 'mismatch') throw mismatch();
    if (claimed.outcome === 'running') {
      throw new AppError(
        'conflict',
        'The first request with this Idempotency-Key is still at work: try again.',
        { retryAfterSeconds: 1 },
      );
    }
    if (request.isMultipart() && claimed.requestHash !== `${path}.${await hashMultipart(request)}`)
      throw mismatch();
    return replay(request, reply, scope, claimed.status, claimed.answer);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const held = request.idempotency;
    if (held === null) return;
    request.idempotency = null;
    clearInterval(held.renewing);
    // Whether it is settled shows by itself, in the row; if not, the lock runs out.
    if (held.isUnknown || (held.isSettled && reply.statusCode < 400)) return;
    // A failure without an effect: the key is free for another try. One that was settled stays so.
    if (reply.statusCode >= 400 || (typeof payload !== 'string' && payload !== null)) {
      // If that fails too, the lock runs out: the answer to the request stays what it is.
      await releaseKey(db, held.scope, held.claim).catch(() => {});
      return;
    }
    const { scope, claim, about } = held;
    const answer = { requestHash: held.requestHash(), status: reply.statusCode, response: payload ?? '' };
    await settleKey(db, scope, claim, { ...answer, ...about });
  });

  async function claimOrWait(scope: UserScope, key: string, requestHash: string): Promise<ClaimedKey> {
    const until = performance.now() + waitMs;
    for (;;) {
      const claimed = await claimKey(db, scope, key, requestHash);
      if (claimed.outcome !== 'running' || performance.now() > until) return claimed;
      await sleep(pollMs);
    }
  }

  function hold(
    request: FastifyRequest,
    reply: FastifyReply,
    scope: UserScope,
    claim: KeyClaim,
    path: string,
  ): Held {
    const multipart = request.isMultipart() ? createMultipartHash() : null;
    request.multipartHash = multipart;
    const requestHash = (): string => `${path}.${multipart?.digest() ?? bodyHash(request)}`;
    const renew = async (): Promise<void> => {
      // One that fails is made good by the next one, or the lock runs out.
      const isLocked = await renewKey(db, scope, claim).catch(() => true);
      if (!isLocked) clearInterval(renewing);
    };
    const renewing = setInterval(() => void renew(), renewMs).unref();
    reply.raw.once('close', () => clearInterval(renewing));
    return {
      claim,
      scope,
      requestHash,
      about: {},
      isSettled: false,
      isUnknown: false,
      renewing,
    };
  }

  /** As the first call passed through it: the scope is checked again, for this credential. */
  async function replay(
    request: FastifyRequest,
    reply: FastifyReply,
    scope: UserScope,
    status: number,
    answer: StoredAnswer | null,
  ): Promise<FastifyReply | undefined> {
    if (answer === null)
      throw new AppError('not_found', 'What this Idempotency-Key was used for does not exist any more.');
    if (typeof answer.conversationId === 'string')
      await ConversationScope.open(db, scope, answer.conversationId);
    else if (scope.limitedTo !== undefined)
      throw new AppError('forbidden', 'This API key is for one conversation only.');
    reply.header('idempotency-replayed', 'true');
    request.replayOf = referenceOf(answer.response);
    if (request.replayOf !== null) return undefined;
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    reply.code(status).type(`${type}; charset=utf-8`);
    return reply.serializer((text: string) => text).send(answer.response);
  }
}

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

/** The same where the answer takes longer than its effect: repeats get what was made, as it is then (`replayOf`). */
export function settleByReference<T>(
  request: FastifyRequest,
  status: number,
  idsOf: (made: T) => readonly string[],
  aboutOf: (made: T) => About,
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

function referenceOf(response: string): readonly string[] | null {
  if (!response.startsWith(`{"${referenceField}":`)) return null;
  const value: unknown = (JSON.parse(response) as Record<string, unknown>)[referenceField];
  return z.array(z.string()).parse(Array.isArray(value) ? value : [value]);
}

function keyOf(request: FastifyRequest): string | null {
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

/** Empty for a multipart body, which is not read yet. */
function bodyHash(request: FastifyRequest): string {
  return request.isMultipart() ? '' : sha256(request.rawJson ?? '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function mismatch(): AppError {
  return new AppError('idempotency_mismatch', 'This Idempotency-Key was used with another request.');
}
