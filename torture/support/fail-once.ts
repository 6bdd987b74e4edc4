import { setTimeout as pause } from 'node:timers/promises';
import type { Person } from '../../test/support/person.ts';
import { BrokenPromise, mustBe } from './claims.ts';
import { type Deed, type DeedKind, randomAddress } from './deeds/deed.ts';
import type { Fault } from './faults/fault.ts';

const repeatsWithinMs = 90_000;
/** Longer than it takes until the next look for originals to delete. */
const restsWithinMs = 15_000;
/** What stands for the status of an answer that broke off in the middle: what came of it is not whole. */
const brokeOff = 599;

interface Reply {
  status: number;
  text: string;
}

interface Tried {
  /** What was called until the answer was there, or its work at rest: the n-th of it has failed. */
  calls: readonly string[];
  repeats: number;
}

/**
 * Does it with the n-th call failing, or none where `n` is null, then again until it is done, and looks at what it came
 * to. With `isAtRest` the failure waits for work behind the answer, too.
 * @throws BrokenPromise
 */
export async function failOnce(
  kind: DeedKind,
  fault: Fault,
  n: number | null,
  person: Person,
  isAtRest: (() => Promise<boolean>) | null,
): Promise<Tried> {
  const deed = await kind.prepare(person);
  try {
    if (n === null) fault.watch();
    else fault.failAt(n);
    const first = await send(deed, person);
    const isMet = (): boolean => n !== null && fault.calls().length >= n;
    const isOver = async (): Promise<boolean> => isMet() || isAtRest === null || (await isAtRest());
    const restUntil = performance.now() + restsWithinMs;
    while (!(await isOver()) && performance.now() < restUntil) await pause(100);
    const calls = [...fault.calls()];
    fault.heal();
    mustBe(
      first.status < 400 || first.status === brokeOff || /"code":"[a-z_]+"/.test(first.text),
      `${first.status} without a code: ${first.text}`,
    );
    const { repeats, last } = await repeat(deed, first, person);
    await deed.verify(last.text);
    return { calls, repeats };
  } catch (error) {
    throw new BrokenPromise(
      `${kind.name} with ${fault.name} at call ${n ?? 'none'}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    fault.heal();
  }
}

async function repeat(deed: Deed, first: Reply, person: Person): Promise<{ repeats: number; last: Reply }> {
  const deadline = performance.now() + repeatsWithinMs;
  let repeats = 0;
  let last = first;
  for (; !deed.isDone(last.status) || isFailedAnswer(last.text); repeats += 1) {
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
  return { repeats, last };
}

function isFailedAnswer(text: string): boolean {
  return /"status":"(failed|incomplete)"/.test(text);
}

async function send({ as, request: { method, path, body, key } }: Deed, person: Person): Promise<Reply> {
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
  try {
    return { status: response.status, text: await response.text() };
  } catch (error) {
    // Only what is sent as it is read can break off, and its reader sees that it did.
    mustBe(method === 'GET' && response.ok, `an answer broke off: ${String(error)}`);
    return { status: brokeOff, text: '' };
  }
}
