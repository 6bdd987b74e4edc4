import { setTimeout as pause } from 'node:timers/promises';
import { newPerson, type Person } from '../../test/support/person.ts';
import { startProvider } from '../../test/support/provider.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { startAppHere } from '../support/app-here.ts';
import { BrokenPromise, mustBe } from '../support/claims.ts';
import { verifyRows } from '../support/database-checks.ts';
import { type Deed, type DeedKind, deedKinds, randomAddress } from '../support/deeds.ts';
import { databaseFaults, type Fault, fileFault, providerFault } from '../support/faults.ts';

const smokeTries = 10;
/** Side by side, each with some of the requests. */
const installations = { smoke: 1, full: 3 };
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
    'the n-th query (40001, 40P01, 53100, 57P01, ECONNRESET), file (ENOSPC) and model request fails, for every n of twelve requests',
  databases: ['pglite', 'postgres'],
  minutes: 12,
  async run(context) {
    const shares = Array.from({ length: installations[context.scale] }, (_, at) =>
      deedKinds.filter((_kind, n) => n % installations[context.scale] === at),
    );
    const counts = await Promise.all(shares.map((kinds) => failOnNewGround(context, kinds)));
    const sum = (what: keyof Counted): number => counts.reduce((total, one) => total + one[what], 0);
    mustBe(
      context.scale === 'smoke' || sum('unfinished') === 0,
      () => `${sum('unfinished')} kinds of failure were not tried to their end in ${context.minutes} minutes`,
    );
    return {
      'calls failed': sum('failures'),
      requests: deedKinds.length,
      'kinds of failure': counts[0]?.kinds ?? 0,
      repeats: sum('repeats'),
      'half done or doubled': 0,
    } satisfies Figures;
  },
};

interface Counted {
  failures: number;
  repeats: number;
  kinds: number;
  /** Requests and kinds of failure whose last call was not reached. */
  unfinished: number;
}

/** A failure is one of the whole installation: what fails at the same time needs another one. */
async function failOnNewGround(context: TortureContext, kinds: readonly DeedKind[]): Promise<Counted> {
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
    const counted = await failEach(context, await newPerson(here.baseUrl), faults, kinds);
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
  person: Person,
  faults: readonly Fault[],
  kinds: readonly DeedKind[],
): Promise<Counted> {
  const counted: Counted = { failures: 0, repeats: 0, kinds: faults.length, unfinished: 0 };
  const broken: string[] = [];
  const tryOnce = async (kind: DeedKind, fault: Fault, n: number): Promise<boolean> => {
    const used = await failOnce(kind, fault, n, person, (again) => (counted.repeats += again)).catch(
      (error: unknown) => {
        if (!(error instanceof BrokenPromise)) throw error;
        broken.push(error.message);
        return true;
      },
    );
    counted.failures += used ? 1 : 0;
    return used;
  };
  if (context.scale === 'smoke') {
    for (let at = 0; at < smokeTries; at += 1)
      await tryOnce(context.random.oneOf(kinds), context.random.oneOf(faults), context.random.between(1, 8));
  } else {
    for (const kind of kinds) {
      for (const fault of faults) {
        let n = 1;
        while (n <= usesAtMost && !context.isOver() && (await tryOnce(kind, fault, n))) n += 1;
        // Its last use is behind it when one more is not met.
        if (context.isOver()) counted.unfinished += 1;
      }
      context.say(`${kind.name}: ${counted.failures} calls failed so far`);
    }
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
