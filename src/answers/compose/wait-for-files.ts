import { documentTopic } from '../../documents/deps.ts';
import { readUnread } from '../../documents/membership-store.ts';
import type { AnswerDeps } from '../deps.ts';
import type { EventLog } from '../stream/event-log.ts';
import type { GenerationTask } from './answer-record.ts';

/** Another replica may be reading: the files are looked at this often. */
const pollMs = 500;

/**
 * Waits until the files that the question may be about are read, for a time that a person waits; says how far they are.
 * @returns how many are still being read
 */
export async function waitForFiles(
  task: GenerationTask,
  log: EventLog,
  deps: AnswerDeps,
  signal: AbortSignal,
): Promise<number> {
  const deadline = performance.now() + deps.limits.waitForFilesMs;
  let said = '';
  for (;;) {
    const unread = await readUnread(deps.db, task.scope, task.documentIds);
    const [first] = unread;
    if (first === undefined || performance.now() >= deadline || signal.aborted) return unread.length;
    const percent = unread.reduce((sum, one) => sum + one.progress, 0) / unread.length;
    const progress = Math.round(percent * 100) / 100;
    const state = `${unread.length} ${progress}`;
    if (state !== said) log.append({ type: 'waiting', documents: unread.length, progress });
    said = state;
    const left = Math.max(1, deadline - performance.now());
    await deps.notifier.wait(documentTopic(first.id), Math.min(pollMs, left), signal);
  }
}
