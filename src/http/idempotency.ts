import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Database, Transaction } from '../db/database.ts';
import { AppError } from '../errors.ts';
import {
  claimKey,
  type KeyClaim,
  releaseKey,
  settleKey,
  settleKeyWithin,
} from '../identity/idempotency-store.ts';
import { printExact } from './exact-json.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Held while this request is the one that acts for its Idempotency-Key. */
    idempotencyKey: string | null;
    /** The answer whose stream an earlier request with this key began: follow it instead of asking again. */
    replayOf: string | null;
  }
}

const keyForm = /^[\x21-\x7e]{1,255}$/;
/** How long a repeat waits for the first request before it is told to come back. */
const waitMs = 20_000;
const pollMs = 100;
const streamField = '$stream';

/** `Idempotency-Key` on any POST: one effect; repeats get the first answer. */
export function registerIdempotency(app: FastifyInstance, db: Database, now: () => Date): void {
  app.decorateRequest('idempotencyKey', null);
  app.decorateRequest('replayOf', null);

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    if (key === null || request.principal === null) return undefined;
    const claim = await claimOrWait(request, key);
    if (claim.outcome === 'claimed') {
      request.idempotencyKey = key;
      return undefined;
    }
    if (claim.outcome === 'mismatch') {
      throw new AppError('idempotency_mismatch', 'This Idempotency-Key was used with another request.');
    }
    if (claim.outcome === 'running') {
      throw new AppError(
        'conflict',
        'The first request with this Idempotency-Key is still at work: try again.',
        { retryAfterSeconds: 1 },
      );
    }
    const stream = streamOf(claim.response);
    if (stream !== null) {
      request.replayOf = stream;
      return undefined;
    }
    reply.code(claim.status).header('idempotency-replayed', 'true').type('application/json; charset=utf-8');
    return reply.serializer((text: string) => text).send(claim.response);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const key = request.idempotencyKey;
    if (key === null || request.principal === null) return;
    request.idempotencyKey = null;
    const { scope } = request.principal;
    // A failure has changed nothing that a repeat must not do: the key is free for another try.
    if (reply.statusCode >= 400 || (typeof payload !== 'string' && payload !== null))
      await releaseKey(db, scope, key);
    else await settleKey(db, scope, key, { status: reply.statusCode, response: payload ?? '' });
  });

  async function claimOrWait(request: FastifyRequest, key: string): Promise<KeyClaim> {
    const { scope } = request.principal ?? {};
    if (scope === undefined) return { outcome: 'running' };
    const hash = requestHash(request);
    const until = performance.now() + waitMs;
    for (;;) {
      const claim = await claimKey(db, scope, key, hash, now());
      if (claim.outcome !== 'running' || performance.now() > until) return claim;
      await sleep(pollMs);
    }
  }
}

/** Settles the key of this request together with its effect, by what the caller writes in the same transaction. */
export function settleWith(
  request: FastifyRequest,
  status: number,
): ((tx: Transaction, body: unknown) => Promise<void>) | undefined {
  const { idempotencyKey: key, principal } = request;
  if (key === null || principal === null) return undefined;
  return (tx, body) =>
    settleKeyWithin(tx, principal.scope, key, { status, response: printExact(JSON.stringify(body)) });
}

/** For an answer that streams: a repeat follows the same answer. Called before the first byte. */
export async function rememberStream(
  request: FastifyRequest,
  db: Database,
  messageId: string,
): Promise<void> {
  const key = request.idempotencyKey;
  if (key === null || request.principal === null) return;
  request.idempotencyKey = null;
  const response = JSON.stringify({ [streamField]: messageId });
  await settleKey(db, request.principal.scope, key, { status: 200, response });
}

function streamOf(response: string): string | null {
  if (!response.startsWith(`{"${streamField}":`)) return null;
  const value: unknown = (JSON.parse(response) as Record<string, unknown>)[streamField];
  return typeof value === 'string' ? value : null;
}

function keyOf(request: FastifyRequest): string | null {
  const header = request.headers['idempotency-key'];
  if (request.method !== 'POST' || header === undefined) return null;
  if (typeof header !== 'string' || !keyForm.test(header)) {
    throw new AppError(
      'idempotency_key_invalid',
      'An Idempotency-Key has 1 to 255 printable ASCII characters.',
    );
  }
  return header;
}

/** A multipart body is not read yet: its length stands for it. */
function requestHash(request: FastifyRequest): string {
  const body = request.rawJson ?? `length ${request.headers['content-length'] ?? ''}`;
  return createHash('sha256').update(`${request.method} ${request.url}\n${body}`).digest('hex');
}
