import { count } from './nouns.ts';

export const errors = {
  unexpected: 'Something went wrong in this page.',
  retryIn: (seconds: number) => `Try again in ${count(seconds, { one: 'second', other: 'seconds' })}.`,
  /** Nothing: the server says itself what went wrong. */
  codes: {} as Record<string, string>,
  next: {
    network: 'Check your connection; nothing you wrote is lost.',
    unauthenticated: 'Sign in again.',
    conflict: 'An answer is already being written here. Wait for it or stop it.',
    quota_exceeded: 'Delete documents that you no longer need.',
    too_large: 'Choose a smaller file.',
    original_missing: 'Upload the file again.',
    unsupported_media_type: 'Choose a file of another kind, such as PDF, Word or text.',
    model_unavailable: 'Ask again in a moment.',
    model_timeout: 'Ask again in a moment.',
    unavailable: 'Try again in a moment.',
    storage_full: 'Tell the administrator of this server.',
    internal: 'Try again; if it happens again, tell the administrator.',
  } as Record<string, string>,
};
