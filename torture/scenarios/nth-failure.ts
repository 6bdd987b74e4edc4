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
  share: 9,
  async run(context) {
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
      const figures = await failEach(context, await newPerson(here.baseUrl), faults);
      await whenItHolds(() => verifyRows((sql) => here.app.db.pool.query(sql)));
      return figures;
    } finally {
      await here.close();
      await provider.close();
    }
  },
};

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

async function failEach(context: TortureContext, person: Person, faults: readonly Fault[]): Promise<Figures> {
  let failures = 0;
  let repeats = 0;
  const broken: string[] = [];
  for (const { kind, fault, n } of triesOf(context, faults)) {
    if (context.isOver()) break;
    const used = await failOnce(kind, fault, n, person, (again) => (repeats += again)).catch(
      (error: unknown) => {
        if (!(error instanceof BrokenPromise)) throw error;
        broken.push(error.message);
        return true;
      },
    );
    failures += used ? 1 : 0;
    if (!used && context.scale === 'full') skip(kind, fault, n);
  }
  mustBe(broken.length === 0, () => `${broken.length} of ${failures}: ${broken.join('; ')}`);
  return {
    'calls failed': failures,
    requests: deedKinds.length,
    kinds: faults.length,
    repeats,
    'half done or doubled': 0,
  };

  function skip(kind: DeedKind, fault: Fault, n: number): void {
    exhausted.set(`${kind.name}/${fault.name}`, n);
  }
}

/** From which n on a request does not use what would fail. */
const exhausted = new Map<string, number>();

function* triesOf(
  { scale, random }: TortureContext,
  faults: readonly Fault[],
): Generator<{ kind: DeedKind; fault: Fault; n: number }> {
  if (scale === 'smoke') {
    for (let at = 0; at < smokeTries; at += 1)
      yield { kind: random.oneOf(deedKinds), fault: random.oneOf(faults), n: random.between(1, 8) };
    return;
  }
  for (const kind of deedKinds) {
    for (const fault of faults) {
      for (let n = 1; n <= usesAtMost && !exhausted.has(`${kind.name}/${fault.name}`); n += 1)
        yield { kind, fault, n };
    }
  }
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
