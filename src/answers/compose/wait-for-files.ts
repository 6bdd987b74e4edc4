import { documentTopic } from '../../documents/deps.ts';
import { readUnread } from '../../documents/membership-store.ts';
import type { AnswerDeps } from '../deps.ts';
import type { EventLog } from '../stream/event-log.ts';
import type { GenerationTask } from './answer-record.ts';

/** Another replica may be reading: the files are looked at this often. */
const pollMs = 500;

/** Of those that are told while they are read. */
const maxNames = 3;

/**
 * Waits until the files that the question may be about are read, for a time that a person waits; says how far they are.
 * @returns the names of those that are still being read
 */
export async function waitForFiles(
  task: GenerationTask,
  log: EventLog,
  deps: AnswerDeps,
  signal: AbortSignal,
): Promise<string[]> {
  const deadline = performance.now() + deps.limits.waitForFilesMs;
  let said = '';
  for (;;) {
    const unread = await readUnread(deps.db, task.scope, task.documentIds);
    const [first] = unread;
    if (first === undefined || performance.now() >= deadline || signal.aborted)
      return unread.map(({ name }) => name);
    const percent = unread.reduce((sum, one) => sum + one.progress, 0) / unread.length;
    const progress = Math.round(percent * 100) / 100;
    const left = Math.max(1, deadline - performance.now());
    const state = `${unread.length} ${progress}`;
    if (state !== said)
      log.append({
        type: 'waiting',
        documents: unread.length,
        progress,
        names: unread.slice(0, maxNames).map(({ name }) => name),
        seconds_left: Math.ceil(left / 1_000),
      });
    said = state;
    await deps.notifier.wait(documentTopic(first.id), Math.min(pollMs, left), signal);
  }
}
