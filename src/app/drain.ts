import type { RunningAnswers } from '../answers/stream/running.ts';
import { AppError } from '../errors.ts';

/** Lets answers end by themselves; those that take longer are ended with what they have. */
export async function drain(running: RunningAnswers, graceMs: number): Promise<void> {
  const answers = running.all();
  if (answers.length === 0) return;
  const timeout = AbortSignal.timeout(graceMs);
  await Promise.race([
    Promise.all(answers.map((answer) => answer.finished)),
    new Promise((resolve) => timeout.addEventListener('abort', resolve, { once: true })),
  ]);
  const stopped = new AppError(
    'unavailable',
    'The server stopped while it wrote this answer: what came is kept. Ask again to go on.',
  );
  for (const answer of running.all()) answer.stop.abort(stopped);
}
