import { setTimeout as pause } from 'node:timers/promises';
import { openBlobStore } from '../../src/files/open-store.ts';
import { newPerson, type Person } from '../../test/support/person.ts';
import { startProvider } from '../../test/support/provider.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { type AppHere, startAppHere } from '../support/app-here.ts';
import { BrokenPromise, mustBe } from '../support/claims.ts';
import { verifyRows } from '../support/database-checks.ts';
import { deedKinds } from '../support/deeds/all.ts';
import { type DeedKind, randomAddress } from '../support/deeds/deed.ts';
import { failOnce } from '../support/fail-once.ts';
import {
  bucketGroundFaultNames,
  diskFaultNames,
  faultsAround,
  isOfOriginals,
} from '../support/faults/all.ts';
import { type FailingBucket, startFailingBucket } from '../support/faults/bucket.ts';
import { jumpingClock } from '../support/faults/clock.ts';
import type { Fault } from '../support/faults/fault.ts';
import { verifyOriginals } from '../support/verify-originals.ts';

const smokeTries = 10;
/** Side by side: most of the time each waits for a lease or for another try of its background work. */
const onDisk = { smoke: 1, full: 5 };
/** More than any deed needs, so that background loops cannot go on for ever. */
const usesAtMost = 60;
const settledWithinMs = 90_000;

/** Every call that leaves the product fails once, for every thing that people do. */
export const nthFailure: Scenario = {
  name: 'nth-failure',
  checks: ['P5'],
  promise:
    'Whatever fails once, the answer has a code, a repeat has its one effect, and nothing is half there',
  protocol:
    'the n-th query (40001, 40P01, 53100, 57P01, ECONNRESET), call on a file or folder of originals or on what is open of it (ENOSPC, EIO), call of a bucket (503, reset) and model request fails, and the clock jumps by a minute at its n-th reading, for every n of twenty requests',
  databases: ['pglite', 'postgres'],
  minutes: 22,
  async run(context) {
    const pairs = pairsOf(context);
    // Each queue is one: who is done with a quick request takes the next.
    const disk = pairs.filter(({ isInBucket }) => !isInBucket);
    const bucket = pairs.filter(({ isInBucket }) => isInBucket);
    const rest = disk.values();
    const counts = await Promise.all([
      ...Array.from({ length: onDisk[context.scale] }, () => failOnNewGround(context, rest, null)),
      ...(bucket.length === 0 ? [] : [failInBucket(context, bucket)]),
    ]);
    const sum = (what: keyof Counted): number => counts.reduce((total, one) => total + one[what], 0);
    mustBe(
      context.scale === 'smoke' || sum('unfinished') === 0,
      () =>
        `${sum('unfinished')} of ${pairs.length} were not tried to their end in ${context.minutes} minutes`,
    );
    return {
      'calls failed': sum('failures'),
      requests: deedKinds.length,
      'kinds of failure': new Set([...diskFaultNames, ...bucketGroundFaultNames]).size,
      repeats: sum('repeats'),
      'half done or doubled': 0,
      'originals whole': sum('whole'),
      'left to the reconciler': sum('unnamed'),
    } satisfies Figures;
  },
};

interface Counted {
  failures: number;
  repeats: number;
  /** Pairs whose last call was not reached. */
  unfinished: number;
  /** Originals that are what was uploaded, and those that no row names. */
  whole: number;
  unnamed: number;
}

/** A request and how it fails. */
interface Pair {
  kind: DeedKind;
  fault: string;
  isInBucket: boolean;
  /** Which calls; null for every one. */
  calls: readonly number[] | null;
}

/** Those first whose work goes on behind the answer, so that no long one is left for the end. */
function pairsOf({ scale, random }: TortureContext): Pair[] {
  const all = deedKinds
    .toSorted((a, b) => Number(b.isSlow) - Number(a.isSlow))
    .flatMap((kind) => [
      ...diskFaultNames.map((fault) => ({ kind, fault, isInBucket: false, calls: null })),
      ...(kind.touchesOriginals ? bucketGroundFaultNames : []).map((fault) => ({
        kind,
        fault,
        isInBucket: true,
        calls: null,
      })),
    ]);
  if (scale === 'full') return all;
  return Array.from({ length: smokeTries }, () => ({
    ...random.oneOf(all),
    calls: [random.between(1, 8)],
  }));
}

async function failInBucket(context: TortureContext, rest: Iterable<Pair>): Promise<Counted> {
  const bucket = await startFailingBucket();
  try {
    return await failOnNewGround(context, rest, bucket);
  } finally {
    await bucket.close();
  }
}

/** A failure is one of the whole installation: what fails at the same time needs another one. */
async function failOnNewGround(
  context: TortureContext,
  rest: Iterable<Pair>,
  bucket: FailingBucket | null,
): Promise<Counted> {
  const provider = await startProvider();
  const clock = jumpingClock();
  const settings = {
    TRUST_PROXY: '1',
    RETRY_S: '1',
    LLM_BASE_URL: provider.baseUrl,
    LLM_MODEL: 'test-chat',
    EMBEDDING_BASE_URL: provider.baseUrl,
    EMBEDDING_MODEL: 'test-embedding',
    ...bucket?.env,
  };
  const here = await startAppHere(settings, undefined, clock.now);
  try {
    const faults = [
      ...faultsAround(here, provider, context.database),
      ...clock.faults,
      ...(bucket?.faults ?? []),
    ];
    const counted = await failEach(context, here, faults, rest);
    const query = (sql: string) => here.app.db.pool.query(sql);
    await whenItHolds(() => verifyRows(query));
    const store = await openBlobStore(here.config.blobs, here.config.dataDir);
    return { ...counted, ...(await verifyOriginals(query, store)) };
  } finally {
    await here.close();
    await provider.close();
  }
}

/** Answers and deletions of the last try may still be on their way to their end. */
async function whenItHolds(verify: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + settledWithinMs;
  for (;;) {
    try {
      await verify();
      return;
    } catch (error) {
      if (!(error instanceof BrokenPromise) || performance.now() > deadline) throw error;
      await pause(1_000);
    }
  }
}

async function failEach(
  context: TortureContext,
  here: AppHere,
  faults: readonly Fault[],
  rest: Iterable<Pair>,
): Promise<Omit<Counted, 'whole' | 'unnamed'>> {
  const counted = { failures: 0, repeats: 0, unfinished: 0 };
  const broken: string[] = [];
  const tryOnce = async (kind: DeedKind, fault: Fault, n: number, person: Person): Promise<boolean> => {
    const isAtRest = isOfOriginals(fault.name) && kind.touchesOriginals ? () => hasNoWork(here) : null;
    try {
      const { isMet, repeats } = await failOnce(kind, fault, n, person, isAtRest);
      counted.failures += isMet ? 1 : 0;
      counted.repeats += repeats;
      return isMet;
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      broken.push(error.message);
      context.say(error.message);
      counted.failures += 1;
      return true;
    }
  };
  for (const { kind, fault: name, calls } of rest) {
    const fault = faults.find((one) => one.name === name);
    if (fault === undefined) throw new Error(`there is no failure ${name}`);
    // A sign-in lasts for ten minutes, all of it longer.
    const person = await newPerson(here.baseUrl, randomAddress());
    let isEnded = false;
    for (const n of calls ?? Array(usesAtMost).keys()) {
      if (context.isOver()) break;
      // The last call is behind it when one more is not met.
      isEnded = !(await tryOnce(kind, fault, calls === null ? n + 1 : n, person)) || n === usesAtMost - 1;
      if (isEnded && calls === null) break;
    }
    if (!isEnded) counted.unfinished += 1;
    else context.say(`${kind.name}, ${name}: to its end, ${counted.failures} failed here so far`);
  }
  mustBe(broken.length === 0, () => `${broken.length} of ${counted.failures}: ${broken.join('; ')}`);
  return counted;
}

/** Nothing is to be read any more, and no original to be deleted. */
async function hasNoWork({ app }: AppHere): Promise<boolean> {
  const { rows } = await app.db.pool.query<{ n: number }>(
    `SELECT ((SELECT count(*) FROM blob_deletions) + (SELECT count(*) FROM work WHERE kind = 'ingest'))::int AS n`,
  );
  return rows[0]?.n === 0;
}
