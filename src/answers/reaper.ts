import type { AnswerEvent, Citation } from '@alcove/contract';
import { readMessage } from '../conversations/message-store.ts';
import type { Worker } from '../work/loop.ts';
import { release } from '../work/store.ts';
import { type AnswerDeps, answerTopic } from './deps.ts';
import { type Held, heldBy, waitForEarlierWriter } from './lease-store.ts';
import { readEvents } from './stream/event-store.ts';
import type { NumberedEvent } from './stream/running.ts';
import { finishAnswer } from './store.ts';

/** Answers that are ended at once, over all users: after a crash there may be many. */
const atOnce = 10;
const retryMs = 1_000;

/** Ends answers whose writer is gone: their text is kept, and they are marked incomplete. */
export function createReaper(deps: AnswerDeps): Worker {
  return {
    kind: 'answer',
    concurrency: atOnce,
    perUser: atOnce,
    leaseMs: deps.limits.leaseMs,
    renewEveryMs: deps.limits.leaseMs / 4,
    run: (lease) => reap(heldBy(lease), deps),
    async failed(lease, error) {
      deps.log.warn({ err: error, messageId: lease.itemId }, 'an orphaned answer was not ended yet');
      await deps.db.scoped(lease, (tx) => release(tx, lease, { inMs: retryMs }));
    },
  };
}

async function reap(held: Held, deps: AnswerDeps): Promise<void> {
  const { scope, messageId } = held;
  await waitForEarlierWriter(deps.db, held);
  const { events } = await readEvents(deps.db, scope, messageId, 0);
  const message = await readMessage(deps.db, scope, messageId);
  const content = textOf(events);
  const error = {
    code: 'unavailable' as const,
    error: 'The server stopped while it wrote this answer: what came is kept. Ask again to go on.',
  };
  const last: AnswerEvent = { type: 'failed', status: 'incomplete', ...error };
  const sources = events.findLast(({ event }) => event.type === 'sources')?.event;
  const citations = events.flatMap(({ event }) => (event.type === 'citation' ? [citationOf(event)] : []));
  const verified = new Set(citations.flatMap((one) => (one.verification === 'verified' ? [one.n] : [])));
  const found = (sources?.type === 'sources' ? sources.sources : []).map((source) => ({
    ...source,
    verified: verified.has(source.n),
  }));
  const metadata = {
    ...(typeof message?.metadata === 'object' ? message?.metadata : {}),
    search_results: found,
    citations,
    error,
  };
  const seq = (events.at(-1)?.seq ?? 0) + 1;
  const finished = {
    content,
    status: 'incomplete' as const,
    metadata,
    trace: {},
    events: [...events, { seq, event: last }],
    sources: found,
    citations,
    mode: sources === undefined ? null : ('documents' as const),
    // How long it took and what it used is not known.
    times: null,
    model: null,
    inputTokens: 0,
    outputTokens: 0,
    cacheHit: null,
  };
  await finishAnswer(deps.db, held, finished, deps.now());
  deps.notifier.notify(answerTopic(messageId));
}

/**
 * The text that the events of an answer add up to, as a message can hold it: events keep a NUL, text of the database does
 * not. What stands in its place is as long, so that citations stay where they are.
 */
export function textOf(events: readonly NumberedEvent[]): string {
  const text = events.map(({ event }) => (event.type === 'delta' ? event.text : '')).join('');
  return text.replaceAll('\0', '\ufffd');
}

function citationOf({
  type: _,
  verified: __,
  ...citation
}: Extract<AnswerEvent, { type: 'citation' }>): Citation {
  return citation;
}
