import type { ChangeEvent } from '@alcove/contract';
import { isAlcoveError, protocolError } from './errors.ts';
import { pause } from './pause.ts';
import type { Transport } from './transport.ts';

/** `seq` is the event's number, for `changes({ after: seq })`. */
export type NumberedChange = ChangeEvent & { seq: number };

export interface ChangeStreamOptions {
  signal?: AbortSignal;
  /** Told what changed since this number first; left out: from now on. */
  after?: number;
  /** Called with true when the connection breaks, and with false once it stands again. */
  onReconnecting?: (isReconnecting: boolean) => void;
}

const firstWaitMs = 500;
const longestWaitMs = 15_000;

/** What changes for the caller, as it happens. */
export function changes(transport: Transport) {
  return {
    /**
     * Everything of the caller's that changes, until `signal` is aborted; a broken connection is taken up again, and
     * what changed meanwhile is told. An event may come twice, each says how the thing is now.
     * @throws AlcoveError `unauthenticated` when the session has ended
     */
    changes(options: ChangeStreamOptions = {}): AsyncGenerator<NumberedChange> {
      return followChanges(transport, options);
    },
  };
}

async function* followChanges(
  transport: Transport,
  { signal, after, onReconnecting }: ChangeStreamOptions,
): AsyncGenerator<NumberedChange> {
  let seq = after;
  let waitMs = firstWaitMs;
  let isAway = false;
  while (true) {
    try {
      const headers = seq === undefined ? undefined : { 'last-event-id': String(seq) };
      for await (const { id, event, data } of (await transport.events('GET', '/events', {
        signal,
        headers,
      })) ?? []) {
        if (isAway) onReconnecting?.(false);
        isAway = false;
        waitMs = firstWaitMs;
        seq = Number(id);
        yield { ...parse(data), type: event, seq } as NumberedChange;
      }
    } catch (error) {
      // A proxy says 502 and 504 while a server is replaced.
      const isPassing =
        isAlcoveError(error) && (error.code === 'network' || error.status === 429 || error.status >= 500);
      if (!isPassing) throw error;
    }
    // The server ends a stream when it stops, too: another one goes on.
    if (!isAway) onReconnecting?.(true);
    isAway = true;
    await pause(waitMs, signal);
    waitMs = Math.min(waitMs * 2, longestWaitMs);
  }
}

function parse(data: string): object {
  try {
    return JSON.parse(data) as object;
  } catch (cause) {
    throw protocolError('The server sent an event that is not JSON.', cause);
  }
}
