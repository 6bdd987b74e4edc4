import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import {
  claimKey,
  type ClaimedKey,
  type KeyClaim,
  keyLeaseMs,
  releaseKey,
  renewKey,
  settleKey,
  type StoredAnswer,
  unlockKey,
} from '../identity/idempotency-store.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { type Held, keyOf, referenceField, sha256 } from './held-key.ts';
import { createMultipartHash, hashMultipart } from './multipart-hash.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer holds a secret: never kept and never repeated, so that an Idempotency-Key says nothing. */
    secret?: boolean;
  }
}

/** How long a repeat waits for the first request before it is told to come back. */
const waitMs = 20_000;
const pollMs = 100;
const renewMs = keyLeaseMs / 3;

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
      request.idempotency = hold(request, scope, claimed.claim, path);
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

  app.addHook('onSend', async (request, reply) => {
    const held = request.idempotency;
    if (held === null) return;
    request.idempotency = null;
    if (!held.isGoingOn || reply.statusCode >= 400) return held.end(reply.statusCode);
    // What is sent as it happens ends with its reader, and says so itself; at the latest its lock runs out.
    if (reply.raw.destroyed) clearInterval(held.renewing);
    else reply.raw.once('close', () => clearInterval(held.renewing));
  });

  async function end(held: Held, status: number): Promise<void> {
    clearInterval(held.renewing);
    // Whether it is settled shows by itself, in the row; if not, the lock runs out.
    if (held.isUnknown || (held.isSettled && status < 400)) return;
    const { scope, claim, about, kept } = held;
    if (kept !== null && status < 400) {
      const answer = { requestHash: held.requestHash(), status, response: kept };
      return settleKey(db, scope, claim, { ...answer, ...about });
    }
    // One that was settled stays so. If that fails too, the lock runs out: the answer to the request stays what it is.
    const free = held.hasChanged ? unlockKey : releaseKey;
    await free(db, scope, claim).catch(() => {});
  }

  async function claimOrWait(scope: UserScope, key: string, requestHash: string): Promise<ClaimedKey> {
    const until = performance.now() + waitMs;
    for (;;) {
      const claimed = await claimKey(db, scope, key, requestHash);
      if (claimed.outcome !== 'running' || performance.now() > until) return claimed;
      await sleep(pollMs);
    }
  }

  function hold(request: FastifyRequest, scope: UserScope, claim: KeyClaim, path: string): Held {
    const multipart = request.isMultipart() ? createMultipartHash() : null;
    request.multipartHash = multipart;
    const requestHash = (): string => `${path}.${multipart?.digest() ?? bodyHash(request)}`;
    const renew = async (): Promise<void> => {
      // One that fails is made good by the next one, or the lock runs out.
      const isLocked = await renewKey(db, scope, claim).catch(() => true);
      if (!isLocked) clearInterval(renewing);
    };
    const renewing = setInterval(() => void renew(), renewMs).unref();
    const held: Held = {
      claim,
      scope,
      requestHash,
      about: {},
      kept: null,
      isSettled: false,
      isUnknown: false,
      hasChanged: false,
      isGoingOn: false,
      renewing,
      end: (status) => end(held, status),
    };
    return held;
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

function referenceOf(response: string): readonly string[] | null {
  if (!response.startsWith(`{"${referenceField}":`)) return null;
  const value: unknown = (JSON.parse(response) as Record<string, unknown>)[referenceField];
  return z.array(z.string()).parse(Array.isArray(value) ? value : [value]);
}

/** Empty for a multipart body, which is not read yet. */
function bodyHash(request: FastifyRequest): string {
  return request.isMultipart() ? '' : sha256(request.rawJson ?? '');
}

function mismatch(): AppError {
  return new AppError('idempotency_mismatch', 'This Idempotency-Key was used with another request.');
}
