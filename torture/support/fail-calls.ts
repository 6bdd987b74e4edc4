import type { Person } from '../../test/support/person.ts';
import type { Random } from '../random.ts';
import { chooseCalls } from './choose-calls.ts';
import { BrokenPromise } from './claims.ts';
import type { DeedKind } from './deeds/deed.ts';
import { failOnce } from './fail-once.ts';
import type { Fault } from './faults/fault.ts';

/** Of a request with more calls so many fail, or as many as it has kinds of them. */
export const callsAtMost = 50;
/** A request makes a few calls more or fewer each time: so often its last one is looked for. */
const looksForLast = 10;
/** A call that was to fail may have come later than when it was noted: so often its kind is tried again. */
const triesOfKind = 3;

export interface FailedCalls {
  /** Calls of the request when nothing failed, and of how many kinds. */
  made: number;
  kinds: number;
  /** Calls that failed, one at a time, and of how many of those kinds. */
  failed: number;
  failedKinds: number;
  repeats: number;
  /** False where the time was over before. */
  isToItsEnd: boolean;
  /** What was broken, and by which call that failed; null where none did. */
  broken: { call: number | null; reason: string }[];
}

interface Around {
  random: Random;
  /** Whether work behind the answer is done; null where its failures are not waited for. */
  isAtRest: (() => Promise<boolean>) | null;
  isOver(): boolean;
}

/** Does it once as it is, and again with one of its calls failing, from the first to the last. */
export async function failCalls(
  kind: DeedKind,
  fault: Fault,
  person: Person,
  { random, isAtRest, isOver }: Around,
): Promise<FailedCalls> {
  const counted = { failed: 0, repeats: 0, isToItsEnd: false, broken: [] as FailedCalls['broken'] };
  const met = new Set<number>();
  const kinds = new Set<string>();
  let calls: readonly string[] = [];

  async function tryOnce(n: number | null): Promise<void> {
    try {
      const tried = await failOnce(kind, fault, n, person, isAtRest);
      calls = tried.calls;
      counted.repeats += tried.repeats;
    } catch (error) {
      if (!(error instanceof BrokenPromise)) throw error;
      counted.broken.push({ call: n, reason: error.message });
    }
    const failed = n === null ? undefined : calls[n - 1];
    if (n === null || failed === undefined) return;
    counted.failed += 1;
    met.add(n);
    kinds.add(failed);
  }

  await tryOnce(null);
  const noted = calls;
  const wanted = new Set(noted);
  const result = (): FailedCalls => ({
    made: noted.length,
    kinds: wanted.size,
    failedKinds: [...wanted].filter((one) => kinds.has(one)).length,
    ...counted,
  });
  for (const n of chooseCalls(noted, callsAtMost, random)) {
    if (isOver()) return result();
    await tryOnce(n);
  }
  for (const one of wanted)
    for (let again = 0; again < triesOfKind && !kinds.has(one) && !isOver(); again += 1) {
      const at = calls.indexOf(one);
      if (at >= 0) await tryOnce(at + 1);
    }
  // The last call is behind it when one more is not met.
  let last = noted.length;
  for (let look = 0; look < looksForLast && last > 0; look += 1) {
    if (isOver()) return result();
    const next = met.has(last) ? last + 1 : last;
    await tryOnce(next);
    if (met.has(next)) last = next;
    else if (next > last) break;
    else last = Math.min(last - 1, calls.length);
  }
  counted.isToItsEnd = true;
  return result();
}
