/** How long a request took. `route` is the pattern, so that no id becomes a label. */
export interface RequestFigures {
  method: string;
  route: string;
  status: number;
  ms: number;
}

export interface AnswerFigures {
  mode: string;
  status: string;
  ms: number;
  /** From the question to its first word; null when none was written. */
  firstWordMs: number | null;
  generateMs: number | null;
  tokens: { input: number; output: number };
}

export interface SearchFigures {
  cacheHit: boolean;
  /** Milliseconds of each stage that ran. */
  stages: Readonly<Record<string, number | null>>;
}

export interface WorkFigures {
  kind: string;
  outcome: 'done' | 'failed' | 'lost' | 'stopped';
  ms: number;
}

/** Told what happened: how long and how often, never whose or what. */
export interface Telemetry {
  requested(figures: RequestFigures): void;
  answered(figures: AnswerFigures): void;
  searched(figures: SearchFigures): void;
  worked(figures: WorkFigures): void;
}
