import type { Judgements } from './metrics.ts';

/** A set of judged questions, in the form that is measured: which files lie in which conversation. */
export interface Collection {
  name: string;
  folder: string;
  places: Place[];
  questions: Question[];
  /** Null: nothing to score, only a run to write. */
  judgements: Judgements | null;
}

/** One conversation with its documents. */
export interface Place {
  key: string;
  files: SourceFile[];
}

export interface SourceFile {
  name: string;
  open(): Promise<Blob>;
  /** What is found when this page is hit; pages count from 1. */
  idOfPage(page: number): string | undefined;
}

export interface Question {
  id: string;
  text: string;
  /** Key of the place where it is asked. */
  place: string;
}

/** The key of the only place when one conversation has everything. */
export const wholePool = 'all';
