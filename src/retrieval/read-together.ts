import type { Database } from '../db/database.ts';
import { readParts, type StoredSegment } from '../documents/segment-store.ts';
import { nameOf, type WantedSegment } from './hold-segments.ts';
import type { SearchScope } from './store.ts';

/** So many bytes at most come over one connection; of more, two at once take less time than one. */
const maxBytesTogether = 1_000_000;

type Take = (row: StoredSegment) => void;

interface Reading {
  scope: SearchScope;
  wanted: readonly WantedSegment[];
  kind: string;
  take: Take;
  done: PromiseWithResolvers<void>;
}

export interface Reader {
  /** Hands the stored ones to `take` as they come, in memory that is the connection's. */
  read(scope: SearchScope, wanted: readonly WantedSegment[], kind: string, take: Take): Promise<void>;
}

/** Both legs of a question want segments of the same documents at the same moment: small ones come in one round trip. */
export function createReader(db: Database): Reader {
  let waiting: Reading[] = [];

  return {
    read(scope, wanted, kind, take) {
      const reading = { scope, wanted, kind, take, done: Promise.withResolvers<void>() };
      waiting.push(reading);
      // Runs once everybody who need not wait for anything has asked.
      if (waiting.length === 1) process.nextTick(start);
      return reading.done.promise;
    },
  };

  function start(): void {
    const all = waiting;
    waiting = [];
    for (let first = all.shift(); first !== undefined; first = all.shift()) {
      const one = first;
      const at = all.findIndex((other) => isTogether(one, other));
      run(at < 0 ? [one] : [one, ...all.splice(at, 1)]);
    }
  }

  function run(readings: readonly Reading[]): void {
    const [{ scope, wanted }] = readings as [Reading];
    const takes = new Map(readings.map(({ kind, take }) => [kind, take]));
    readParts(db, scope, wanted.map(nameOf), [...takes.keys()], 'bytes', (row) =>
      takes.get(row.kind)?.(row),
    ).then(
      () => readings.forEach(({ done }) => done.resolve()),
      (error: unknown) => readings.forEach(({ done }) => done.reject(error)),
    );
  }
}

function isTogether(one: Reading, other: Reading): boolean {
  return (
    one.scope === other.scope &&
    one.kind !== other.kind &&
    one.wanted.length === other.wanted.length &&
    bytesOf(one) + bytesOf(other) <= maxBytesTogether &&
    one.wanted.every(({ document }, at) => document.id === other.wanted[at]?.document.id)
  );
}

function bytesOf({ wanted }: Reading): number {
  return wanted.reduce((sum, { bytes }) => sum + bytes, 0);
}
