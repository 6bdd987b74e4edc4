import { isAlcoveError } from '@alcove/client';
import { t } from './text/text.ts';

export interface Problem {
  code: string;
  /** What happened, in one sentence. */
  sentence: string;
  /** What to do next, when there is something. */
  next: string | null;
}

/** Turns anything that was thrown into two sentences for the person at the screen. */
export function describeError(error: unknown): Problem {
  if (!isAlcoveError(error)) {
    console.error(error);
    return { code: 'unexpected', sentence: t.errors.unexpected, next: null };
  }
  const issues = error.issues.map((issue) =>
    issue.path ? `${issue.path}: ${issue.message}` : issue.message,
  );
  const sentence = [error.message, ...issues].join(' ');
  if (error.retryAfter !== undefined) {
    return { code: error.code, sentence, next: t.errors.retryIn(Math.ceil(error.retryAfter)) };
  }
  return { code: error.code, sentence, next: t.errors.next[error.code] ?? null };
}
