import type { Random } from './random.ts';

export type DatabaseKind = 'pglite' | 'postgres';

/** `smoke` takes seconds and runs with the tests; `full` is what the figures of docs/reliability.md come from. */
export type Scale = 'smoke' | 'full';

/** What of a scenario is enough to find again what broke, in its own words: a round, a request and how it failed. */
export type Part = Readonly<Record<string, string | number>>;

export interface TortureContext {
  database: DatabaseKind;
  /** Any database of a PostgreSQL server; null where only the embedded database is tortured. */
  serverUrl: string | null;
  scale: Scale;
  seed: number;
  /** Every choice comes from here, so that a seed repeats them. */
  random: Random;
  /** A kept part to live through again, and nothing else; null for everything. */
  only: Part | null;
  /** What it may take; 0 for as short as it can be. */
  minutes: number;
  /** True when the time of this scenario is used up; what has begun is finished. */
  isOver(): boolean;
  /** One line about what is going on. */
  say(line: string): void;
  /** That this part has broken: it is kept as a test. Where none is named, all of a scenario that draws is. */
  keep(part: Part): void;
}

/** What a run counted, by words that stand in the table of the report. */
export type Figures = Record<string, number | string>;

/** One way to hurt the product, and what must hold all the while. */
export interface Scenario {
  name: string;
  /** Rows of the protocol table that it stands for, `P1` and so on. */
  checks: readonly string[];
  /** What must hold, in a sentence. */
  promise: string;
  /** What is done to it, in a sentence. */
  protocol: string;
  databases: readonly DatabaseKind[];
  /** A sentence where it has one database: why the other says nothing. */
  whyAlone?: string;
  /** What it may take on each database in a run of everything; what has begun then is finished. */
  minutes: number;
  /** True where it measures time: nothing else runs beside it. */
  needsQuiet?: boolean;
  /** A sentence where it cannot run here. */
  cannotRun?(context: Pick<TortureContext, 'database'>): Promise<string | null>;
  /** @throws an error that says which promise was broken */
  run(context: TortureContext): Promise<Figures>;
}
