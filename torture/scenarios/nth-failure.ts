import { setTimeout as pause } from 'node:timers/promises';
import { newPerson, type Person } from '../../test/support/person.ts';
import { startProvider } from '../../test/support/provider.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { startAppHere } from '../support/app-here.ts';
import { BrokenPromise, mustBe } from '../support/claims.ts';
import { verifyRows } from '../support/database-checks.ts';
import { type Deed, type DeedKind, deedKinds, randomAddress } from '../support/deeds.ts';
import { databaseFaults, type Fault, faultNames, fileFault, providerFault } from '../support/faults.ts';

const smokeTries = 10;
/** Side by side: most of the time each waits for a lease or for another try of its background work. */
const installations = { smoke: 1, full: 6 };
/** More than any deed needs, so that background loops cannot go on for ever. */
const usesAtMost = 60;
const repeatsWithinMs = 90_000;

/** Every call that leaves the product fails once, for every thing that people do. */
export const nthFailure: Scenario = {
  name: 'nth-failure',
  checks: ['P5'],
  promise:
    'Whatever fails once, the answer has a code, a repeat has its one effect, and nothing is half there',
  protocol:
    'the n-th query (40001, 40P01, 53100, 57P01, ECONNRESET), call that opens, moves, removes, measures or makes a file (ENOSPC) and model request fails, for every n of twelve requests',
  databases: ['pglite', 'postgres'],
  minutes: 18,
  async run(context) {
    const pairs = pairsOf(context);
    // The queue is one: who is done with a quick request takes the next.
    const rest = pairs.values();
    const counts = await Promise.all(
      Array.from({ length: installations[context.scale] }, () => failOnNewGround(context, rest)),
    );
    const sum = (what: keyof Counted): number => counts.reduce((total, one) => total + one[what], 0);
    mustBe(
      context.scale === 'smoke' || sum('unfinished') === 0,
      () =>
        `${sum('unfinished')} of ${pairs.length} were not tried to their end in ${context.minutes} minutes`,
    );
    return {
      'calls failed': sum('failures'),
      requests: deedKinds.length,
      'kinds of failure': faultNames.length,
      repeats: sum('repeats'),
      'half done or doubled': 0,
    } satisfies Figures;
  },
};

interface Counted {
  failures: number;
  repeats: number;
  /** Pairs whose last call was not reached. */
  unfinished: number;
}

/** A request and how it fails. */
interface Pair {
  kind: DeedKind;
  fault: string;
  /** Which calls; null for every one. */
  calls: readonly number[] | null;
}

/** Those first whose work goes on behind the answer, so that no long one is left for the end. */
function pairsOf({ scale, random }: TortureContext): Pair[] {
  if (scale === 'smoke')
    return Array.from({ length: smokeTries }, () => ({
      kind: random.oneOf(deedKinds),
      fault: random.oneOf(faultNames),
      calls: [random.between(1, 8)],
    }));
  const isSlow = ({ name }: DeedKind): number => (/^(ask|upload|move|erase)/.test(name) ? 0 : 1);
  return deedKinds
    .toSorted((a, b) => isSlow(a) - isSlow(b))
    .flatMap((kind) => faultNames.map((fault) => ({ kind, fault, calls: null })));
}

/** A failure is one of the whole installation: what fails at the same time needs another one. */
async function failOnNewGround(context: TortureContext, rest: Iterable<Pair>): Promise<Counted> {
  const provider = await startProvider();
  const here = await startAppHere({
    TRUST_PROXY: '1',
    LLM_BASE_URL: provider.baseUrl,
    LLM_MODEL: 'test-chat',
    EMBEDDING_BASE_URL: provider.baseUrl,
    EMBEDDING_MODEL: 'test-embedding',
  });
  try {
    const faults = [
      ...databaseFaults(here.app.db.pool, context.database),
      fileFault(here.config.dataDir),
      providerFault(provider),
    ];
    const counted = await failEach(context, () => newPerson(here.baseUrl, randomAddress()), faults, rest);
    await whenItHolds(() => verifyRows((sql) => here.app.db.pool.query(sql)));
    return counted;
  } finally {
    await here.close();
    await provider.close();
  }
}

/** Answers and deletions of the last try may still be on their way to their end. */
async function whenItHolds(verify: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + repeatsWithinMs;
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
  register: () => Promise<Person>,
  faults: readonly Fault[],
  rest: Iterable<Pair>,
): Promise<Counted> {
  const counted: Counted = { failures: 0, repeats: 0, unfinished: 0 };
  const broken: string[] = [];
  const tryOnce = async (kind: DeedKind, fault: Fault, n: number, person: Person): Promise<boolean> => {
    const used = await failOnce(kind, fault, n, person, (again) => (counted.repeats += again)).catch(
      (error: unknown) => {
        if (!(error instanceof BrokenPromise)) throw error;
        broken.push(error.message);
        context.say(error.message);
        return true;
      },
    );
    counted.failures += used ? 1 : 0;
    return used;
  };
  for (const { kind, fault: name, calls } of rest) {
    const fault = faults.find((one) => one.name === name);
    if (fault === undefined) throw new Error(`there is no failure ${name}`);
    // A sign-in lasts for ten minutes, all of it longer.
    const person = await register();
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

/** @returns true when the fault was met */
async function failOnce(
  kind: DeedKind,
  fault: Fault,
  n: number,
  person: Person,
  count: (repeats: number) => void,
): Promise<boolean> {
  const deed: Deed = { name: kind.name, ...(await kind.prepare(person)) };
  const what = `${kind.name} with ${fault.name} at use ${n}`;
  fault.failAt(n);
  const first = await send(deed, person);
  const used = fault.heal();
  try {
    mustBe(
      first.status < 400 || /"code":"[a-z_]+"/.test(first.text),
      `${first.status} without a code: ${first.text}`,
    );
    const deadline = performance.now() + repeatsWithinMs;
    let repeats = 0;
    for (let last = first; !deed.isDone(last.status) || isFailedAnswer(last.text); repeats += 1) {
      const isWorthIt = last.status >= 500 || [200, 409, 429, 507].includes(last.status);
      mustBe(
        isWorthIt && performance.now() < deadline,
        `${last.status} after ${repeats} repeats: ${last.text}`,
      );
      await pause(50);
      // A failed answer is an answer: who wants another one asks anew.
      if (isFailedAnswer(last.text) && deed.request.key !== null) deed.request.key = `${deed.request.key}x`;
      last = await send(deed, person);
    }
    count(repeats);
    await deed.verify();
  } catch (error) {
    throw new BrokenPromise(`${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return used >= n;
}

function isFailedAnswer(text: string): boolean {
  return /"status":"(failed|incomplete)"/.test(text);
}

async function send(
  { as, request: { method, path, body, key } }: Deed,
  person: Person,
): Promise<{ status: number; text: string }> {
  const response = await (as ?? person).fetch(path, {
    method,
    headers: {
      // An address of its own each time: what is limited for each of them is not what fails here.
      'x-forwarded-for': randomAddress(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === null ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
