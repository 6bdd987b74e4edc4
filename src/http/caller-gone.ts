import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { AppError } from '../errors.ts';

/** Aborts when the caller has gone away before the response was whole: nothing needs to go on for them. */
export function callerGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  whenClosed(raw, () => {
    if (!raw.writableFinished) gone.abort(new AppError('invalid_request', 'The caller went away.'));
  });
  return gone.signal;
}

/** Aborts when the response is over: nothing is to be sent any more. */
export function untilClosed({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController();
  whenClosed(raw, () => closed.abort());
  return closed.signal;
}

/** Does `work` once, when the response is over, whatever has become of it; at once when it is already. */
export function whenClosed(response: ServerResponse, work: () => void): void {
  if (response.destroyed || response.closed) work();
  else response.once('close', work);
}
