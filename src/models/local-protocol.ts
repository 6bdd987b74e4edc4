import type { LocalSource } from './local-source.ts';

/** What a model's thread is for: vectors of texts, or scores of texts for a question. */
export type LocalTask = 'embed' | 'score';

/** Given to the thread when it starts. */
export interface LocalSetup {
  source: LocalSource;
  task: LocalTask;
  /** URL of the package that runs models. */
  runtime: string;
  /** The hub to download from; absent: the package's own. */
  hub?: string;
  threads: number;
}

/** One at a time: the next is sent when the answer to the last one is there. */
export interface LocalRequest {
  texts: readonly string[];
  /** Set for `score`. */
  query?: string;
}

export type LocalReply =
  | { type: 'progress'; percent: number }
  | { type: 'ready'; dimensions: number }
  | { type: 'failed'; reason: LocalFailure; detail: string }
  /** Rows of `dimensions` numbers, one after the other; for `score` each row is one number. */
  | { type: 'done'; values: Float32Array; dimensions: number };

export type LocalFailure = 'runtime' | 'network' | 'unknown_model' | 'files' | 'model' | 'run';
