import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { BlobStore } from '../files/blob-store.ts';

/** One line of the report. */
export interface Finding {
  status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  found: string;
  /** What to do about it. */
  advice?: string;
}

export interface DoctorDeps {
  config: Config;
  db: Database;
  blobs: BlobStore;
  now: () => Date;
}

/** Looks at one thing, and mends it where `repair` is given and that can lose nothing. */
export interface Check {
  name: string;
  run(deps: DoctorDeps): Promise<Finding>;
  repair?(deps: DoctorDeps): Promise<void>;
}

export function ok(found: string): Finding {
  return { status: 'ok', found };
}

export function warn(found: string, advice: string): Finding {
  return { status: 'warn', found, advice };
}

export function fail(found: string, advice: string): Finding {
  return { status: 'fail', found, advice };
}
