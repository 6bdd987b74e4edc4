import { type FieldIssue, isAlcoveError } from '@alcove/client';
import type { Said } from './text/sentence-patterns.ts';
import { sayInLanguage } from './text/server-sentences.ts';
import { t } from './text/text.ts';

export interface Problem {
  code: string;
  /** What happened, in one sentence. */
  sentence: string;
  /** What to do next, when there is something. */
  next: string | null;
  /** The server's own words, in English, where the sentence is no translation of them. */
  original?: string;
}

/** Turns anything that was thrown into two sentences for the person at the screen. */
export function describeError(error: unknown): Problem {
  if (!isAlcoveError(error)) {
    console.error(error);
    return { code: 'unexpected', sentence: t.errors.unexpected, next: null };
  }
  const { code, message, issues, retryAfter } = error;
  const next = retryAfter === undefined ? t.errors.next[code] : t.errors.retryIn(Math.ceil(retryAfter));
  return sayProblem(code, message, issues, next);
}

/** What the server tells of a failure; read when it is shown, since the words for it may have come meanwhile. */
export function sayProblem(
  code: string,
  message: string,
  issues: readonly FieldIssue[] = [],
  next: string | null = null,
): Problem {
  const said = (): Said[] => [sayInLanguage(message, code), ...issues.map(sayIssue)];
  return {
    code,
    next,
    get sentence() {
      return joined(said().map(({ text }) => text));
    },
    get original() {
      return joined(said().map(({ original }) => original ?? ''));
    },
  };
}

function joined(sentences: string[]): string {
  return sentences.filter((one) => one !== '').join(' ');
}

function sayIssue({ path, message }: FieldIssue): Said {
  const { text, original } = sayInLanguage(message);
  const named = (words: string): string => (path === '' || words === '' ? words : `${path}: ${words}`);
  return { text: named(text), original: original === null ? null : named(original) };
}
