import { setTimeout as pause } from 'node:timers/promises';
import { openBlobStore } from '../../src/files/open-store.ts';
import { newPerson } from '../../test/support/person.ts';
import { startProvider } from '../../test/support/provider.ts';
import type { Figures, Part, Scenario, TortureContext } from '../scenario.ts';
import { type AppHere, startAppHere } from '../support/app-here.ts';
import { BrokenPromise, mustBe, mustHaveTried } from '../support/claims.ts';
import { verifyRows } from '../support/database-checks.ts';
import { deedKinds } from '../support/deeds/all.ts';
import { type DeedKind, randomAddress } from '../support/deeds/deed.ts';
import { callsAtMost, failCalls, type FailedCalls } from '../support/fail-calls.ts';
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
import { keeping } from '../support/rounds.ts';
import { verifyOriginals } from '../support/verify-originals.ts';

const smokeTries = 10;
/** Side by side: most of the time each waits for a lease or for another try of its background work. */
const onDisk = { smoke: 1, full: 5 };
const settledWithinMs = 90_000;

/** Every call that leaves the product fails once, for every thing that people do. */
export const nthFailure: Scenario = {
  name: 'nth-failure',
  checks: ['P5'],
  promise:
    'Whatever fails once, the answer has a code, a repeat has its one effect, and nothing is half there',
  protocol:
    'the n-th query (40001, 40P01, 53100, 57P01, ECONNRESET), call on a file or folder of originals or on what is open of it (ENOSPC, EIO), call of a bucket (503, reset) and model request fails, and the clock jumps by a minute at its n-th reading, from the first to the last of twenty requests; of one that makes more than fifty calls the first, the last, one of each kind and others by chance',
  databases: ['pglite', 'postgres'],
  minutes: 45,
  async run(context) {
    const pairs = pairsOf(context);
    if (pairs.length === 0) throw new Error('there is no such request or failure');
    // Each queue is one: who is done with a quick request takes the next.
    const disk = pairs.filter(({ isInBucket }) => !isInBucket);
    const bucket = pairs.filter(({ isInBucket }) => isInBucket);
    const rest = disk.values();
    const counts = await Promise.all([
      ...Array.from({ length: Math.min(onDisk[context.scale], disk.length) }, () =>
        failOnNewGround(context, rest, null),
      ),
      ...(bucket.length === 0 ? [] : [failInBucket(context, bucket)]),
    ]);
    const sum = (what: Exclude<keyof Counted, 'met'>): number =>
      counts.reduce((total, one) => total + one[what], 0);
    // What has stopped to fail would hold for ever.
    const met = new Set(counts.flatMap((one) => [...one.met]));
    const unmet = meetings.filter((one) => !met.has(one));
    const isPartial = context.scale === 'smoke' || context.only !== null;
    mustHaveTried(isPartial || unmet.length === 0, () => `never met: ${unmet.join(', ')}`);
    mustHaveTried(
      isPartial || sum('unfinished') === 0,
      () =>
        `${sum('unfinished')} of ${pairs.length} were not tried to their end in ${context.minutes} minutes`,
    );
    return {
      'calls failed': sum('failed'),
      'calls made': sum('made'),
      'kinds of call that did not fail': sum('kinds') - sum('failedKinds'),
      [`pairs with more than ${callsAtMost} calls`]: sum('sampled'),
      requests: deedKinds.length,
      'kinds of failure': new Set([...diskFaultNames, ...bucketGroundFaultNames]).size,
      repeats: sum('repeats'),
      'half done or doubled': 0,
      'originals whole': sum('whole'),
      'left to the reconciler': sum('unnamed'),
    } satisfies Figures;
  },
};

/** Of pairs together. */
interface Counted extends Omit<FailedCalls, 'isToItsEnd' | 'broken'> {
  /** Pairs whose last call was not reached in time, and those of which not every call failed. */
  unfinished: number;
  sampled: number;
  /** Failures that were met, and what touches originals where one of those was. */
  met: Set<string>;
  /** Originals that are what was uploaded, and those that no row names. */
  whole: number;
  unnamed: number;
}

/** What must be met at least once. */
const meetings = [
  ...new Set([...diskFaultNames, ...bucketGroundFaultNames]),
  ...deedKinds
    .filter(({ touchesOriginals }) => touchesOriginals)
    .flatMap((kind) => [meetingOf(kind, false), meetingOf(kind, true)]),
];

function meetingOf({ name }: DeedKind, isInBucket: boolean): string {
  return `${name} with its original ${isInBucket ? 'in a bucket' : 'on a disk'}`;
}

/** A request and how it fails. */
interface Pair {
  kind: DeedKind;
  fault: string;
  isInBucket: boolean;
  /** The one call that fails, 0 for none of them; null for each. */
  only: number | null;
}

/** Those first whose work goes on behind the answer, so that no long one is left for the end. */
function pairsOf({ scale, random, only }: TortureContext): Pair[] {
  const all = deedKinds
    .toSorted((a, b) => Number(b.isSlow) - Number(a.isSlow))
    .flatMap((kind) => [
      ...diskFaultNames.map((fault) => ({ kind, fault, isInBucket: false })),
      ...(kind.touchesOriginals ? bucketGroundFaultNames : []).map((fault) => ({
        kind,
        fault,
        isInBucket: true,
      })),
    ]);
  if (only !== null)
    return all
      .filter((pair) => isPart(only, partOf(pair, Number(only['call']))))
      .map((pair) => ({ ...pair, only: Number(only['call']) }));
  if (scale === 'full') return all.map((pair) => ({ ...pair, only: null }));
  return Array.from({ length: smokeTries }, () => ({
    ...random.oneOf(all),
    only: random.between(1, 8),
  }));
}

/** What is enough to fail the same call again. */
function partOf({ kind, fault, isInBucket }: Omit<Pair, 'only'>, call: number): Part {
  return { request: kind.name, fault, originals: isInBucket ? 'in a bucket' : 'on a disk', call };
}

function isPart(one: Part, other: Part): boolean {
  return Object.entries(other).every(([what, value]) => one[what] === value);
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
  const counted = {
    made: 0,
    kinds: 0,
    failed: 0,
    failedKinds: 0,
    repeats: 0,
    unfinished: 0,
    sampled: 0,
    met: new Set<string>(),
  };
  const broken: string[] = [];
  for (const pair of rest) {
    if (context.isOver()) {
      counted.unfinished += 1;
      continue;
    }
    const fault = faults.find((one) => one.name === pair.fault);
    if (fault === undefined) throw new Error(`there is no failure ${pair.fault}`);
    const found = await failPair(context, here, fault, pair);
    for (const what of ['made', 'kinds', 'failed', 'failedKinds', 'repeats'] as const)
      counted[what] += found[what];
    if (found.failed > 0) {
      counted.met.add(fault.name);
      if (isOfOriginals(fault.name)) counted.met.add(meetingOf(pair.kind, pair.isInBucket));
    }
    for (const { call, reason } of found.broken) {
      broken.push(reason);
      context.say(reason);
      context.keep(partOf(pair, call ?? 0));
    }
    if (found.made > callsAtMost) counted.sampled += 1;
    if (found.isToItsEnd)
      context.say(`${pair.kind.name}, ${pair.fault}: ${found.failed} of ${found.made} calls failed`);
    else counted.unfinished += 1;
  }
  mustBe(broken.length === 0, () => `${broken.length} of ${counted.failed}: ${broken.join('; ')}`);
  return counted;
}

async function failPair(
  context: TortureContext,
  here: AppHere,
  fault: Fault,
  pair: Pair,
): Promise<FailedCalls> {
  const { kind, only } = pair;
  const isAtRest = isOfOriginals(fault.name) && kind.touchesOriginals ? () => hasNoWork(here) : null;
  // A sign-in lasts for ten minutes, all of it longer.
  const person = await newPerson(here.baseUrl, randomAddress());
  if (only === null)
    return failCalls(kind, fault, person, {
      random: context.random.fork(`${kind.name}, ${fault.name}`),
      isAtRest,
      isOver: () => context.isOver(),
    });
  const { calls, repeats } = await keeping(context, partOf(pair, only), () =>
    failOnce(kind, fault, only === 0 ? null : only, person, isAtRest),
  );
  const failed = only > 0 && calls.length >= only ? 1 : 0;
  return { made: calls.length, kinds: 0, failed, failedKinds: 0, repeats, isToItsEnd: true, broken: [] };
}

/** Nothing is to be read any more, and no original to be deleted. */
async function hasNoWork({ app }: AppHere): Promise<boolean> {
  const { rows } = await app.db.pool.query<{ n: number }>(
    `SELECT ((SELECT count(*) FROM blob_deletions) + (SELECT count(*) FROM work WHERE kind = 'ingest'))::int AS n`,
  );
  return rows[0]?.n === 0;
}
