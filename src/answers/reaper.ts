import type { AnswerEvent } from '@alcove/contract';
import { readMessage } from '../conversations/message-store.ts';
import { type AnswerDeps, answerTopic } from './deps.ts';
import { orphanedAnswers, type OrphanedAnswer, takeOver } from './lease-store.ts';
import { readEvents } from './stream/event-store.ts';
import type { NumberedEvent } from './stream/running.ts';
import { finishAnswer } from './store.ts';

const atOnce = 50;

/** Ends answers whose writer is gone: their text is kept, and they are marked incomplete. */
export async function reapOrphans(deps: AnswerDeps): Promise<number> {
  const orphans = await orphanedAnswers(deps.db, atOnce);
  let reaped = 0;
  for (const orphan of orphans) {
    if (await reap(orphan, deps)) reaped += 1;
  }
  return reaped;
}

async function reap(orphan: OrphanedAnswer, deps: AnswerDeps): Promise<boolean> {
  const { scope, messageId } = orphan;
  // A name of its own: the old writer, should it still live, loses its lease for good.
  const held = { scope, messageId, owner: `${deps.owner}/reaper` };
  if (!(await takeOver(deps.db, held))) return false;
  const { events } = await readEvents(deps.db, scope, messageId, 0);
  const message = await readMessage(deps.db, scope, messageId);
  const content = textOf(events);
  const error = {
    code: 'unavailable' as const,
    error: 'The server stopped while it wrote this answer: what came is kept. Ask again to go on.',
  };
  const last: AnswerEvent = { type: 'failed', status: 'incomplete', ...error };
  const sources = events.findLast(({ event }) => event.type === 'sources')?.event;
  const metadata = {
    ...(typeof message?.metadata === 'object' ? message?.metadata : {}),
    search_results: sources?.type === 'sources' ? sources.sources : [],
    error,
  };
  const seq = (events.at(-1)?.seq ?? 0) + 1;
  const finished = {
    content,
    status: 'incomplete' as const,
    metadata,
    trace: {},
    events: [{ seq, event: last }],
    inputTokens: 0,
    outputTokens: 0,
    cacheHit: null,
  };
  const won = await finishAnswer(deps.db, held, finished, deps.now());
  deps.notifier.notify(answerTopic(messageId));
  return won;
}

/** The text that the events of an answer add up to. */
export function textOf(events: readonly NumberedEvent[]): string {
  return events.map(({ event }) => (event.type === 'delta' ? event.text : '')).join('');
}
