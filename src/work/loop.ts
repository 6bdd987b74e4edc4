import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { nobody } from '../db/ids.ts';
import { inSpan } from '../telemetry/span.ts';
import type { Telemetry, WorkFigures } from '../telemetry/telemetry.ts';
import type { Log } from './every.ts';
import type { Lease, WorkKey, WorkKind } from './lease.ts';
import type { Notifier } from './notifier.ts';
import { claim, dueWork, dueWorkOf, release, renew, type Turn } from './store.ts';

/** How one kind of work is done. */
export interface Worker {
  kind: WorkKind;
  /** Pieces at once, over all users and of one user. */
  concurrency: number;
  perUser: number;
  /** A worker that dies is noticed this much later. */
  leaseMs: number;
  /** So soon does a living one learn that its work was taken away. */
  renewEveryMs: number;
  /** True while nothing can be done, such as while a provider is away. */
  isPaused?(): boolean;
  /** Does the work and settles its lease in the transaction that has the effect. `signal`: stop, the lease is lost. */
  run(lease: Lease, signal: AbortSignal): Promise<void>;
  /** Settles or releases the lease after a failure that is neither a stop nor a lost lease. */
  failed(lease: Lease, error: unknown): Promise<void>;
}

export interface LoopDeps {
  db: Database;
  notifier: Notifier;
  /** Names this process in leases, for people who look. */
  owner: string;
  log: Log;
  telemetry?: Telemetry | undefined;
}

/** Notified when work has become due in this process. */
export const workTopic = 'work';
/** Work that other replicas enqueue, retries and leases that ran out are found within this time. */
const pollMs = 1_000;
/** The embedded database has one connection and no other replica: its work is announced, but for retries. */
const embeddedPollMs = 3_000;
/** So long after a failure of the database the loop looks through everybody again. */
const failurePauseMs = 1_000;
/** A look through everybody that takes longer keeps nobody waiting whose work this process knows of. */
const lookMs = 2_000;

/** The reason of an abort by the loop itself. */
class LeaseLost extends Error {}

/** Does due work of these kinds until the signal aborts, then gives back what is under way. Never throws. */
export async function runWork(
  workers: readonly Worker[],
  deps: LoopDeps,
  signal: AbortSignal,
): Promise<void> {
  const lanes = workers.map((worker) => openLane(worker, deps, signal));
  const look = openLook(deps);
  const idleMs = deps.db.kind === 'pglite' ? embeddedPollMs : pollMs;
  /** Who has been announced since everybody was last looked through, whoever has waited longest first. */
  let announced = new Set<string>();
  deps.notifier.listen(workTopic, (userId) => announced.add(userId), signal);
  while (!signal.aborted) {
    // Asked for before the look: what becomes due during the look must not be slept over.
    const woken = new AbortController();
    const waiting = wait(deps.notifier, [workTopic], idleMs, AbortSignal.any([signal, woken.signal]));
    const users = announced;
    announced = new Set();
    const turns = turnsOf(lanes);
    const found = await look.through(turns);
    if (found !== null) {
      const isMore = await take(lanes, found, deps, signal);
      // A look that began earlier may not have seen these.
      const isEarlier = found.turns !== turns;
      if (isEarlier) announced = new Set([...users, ...announced]);
      if (isMore || isEarlier) woken.abort();
    } else {
      const { served, left } = await takeOfEach(lanes, users, deps, signal);
      announced = new Set([...left, ...announced, ...served]);
      if (served.length > 0) woken.abort();
    }
    await waiting;
  }
  await Promise.all([look.ended(), ...lanes.map((lane) => lane.ended())]);
}

interface Found {
  turns: readonly Turn[];
  due: readonly WorkKey[];
}

/** Looks through everybody, which asks every machine that holds users: with one of them away nothing can be said. */
function openLook({ db, log }: LoopDeps) {
  let underWay: Promise<Found | null> | null = null;
  let notBefore = 0;

  async function start(turns: readonly Turn[]): Promise<Found | null> {
    try {
      return { turns, due: await dueWork(db, turns) };
    } catch (error) {
      log.warn({ err: error }, 'due work could not be looked for and will be');
      notBefore = performance.now() + failurePauseMs;
      return null;
    } finally {
      underWay = null;
    }
  }

  return {
    /** Null after a failure, and while it takes long: a later call returns what it finds. */
    async through(turns: readonly Turn[]): Promise<Found | null> {
      if (underWay === null && performance.now() < notBefore) return null;
      underWay ??= start(turns);
      const enough = new AbortController();
      const late = sleep(lookMs, null, { signal: enough.signal, ref: false });
      return Promise.race([underWay, late]).finally(() => enough.abort());
    },
    ended: async () => underWay,
  };
}

function turnsOf(lanes: readonly Lane[]): Turn[] {
  return lanes.flatMap((lane) => lane.turn() ?? []);
}

/** Claims what was found and there is room for. @returns whether there may be more */
async function take(
  lanes: readonly Lane[],
  { turns, due }: Found,
  deps: LoopDeps,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { kind } of turns)
    if (!due.some((key) => key.kind === kind)) lanes.find((lane) => lane.kind === kind)?.beginAnew();
  let isMore = false;
  for (const key of due) {
    if (signal.aborted) return false;
    try {
      await lanes.find(({ kind }) => kind === key.kind)?.take(key);
      isMore = true;
    } catch (error) {
      // One user's machine may be away: nobody else waits for it.
      deps.log.warn({ err: error, kind: key.kind }, 'due work was not claimed yet');
    }
  }
  return isMore;
}

/**
 * Claims one piece of each kind of each of these users. @returns whose was claimed, and for whom there was no room;
 * the others have nothing that is due, or cannot be asked now and are left to a look through everybody
 */
async function takeOfEach(
  lanes: readonly Lane[],
  users: Iterable<string>,
  deps: LoopDeps,
  signal: AbortSignal,
): Promise<{ served: string[]; left: string[] }> {
  const served: string[] = [];
  const left: string[] = [];
  for (const user of users) {
    if (signal.aborted) break;
    const turns = turnsOf(lanes);
    try {
      const due = await dueWorkOf(deps.db, user, turns);
      for (const key of due) await lanes.find(({ kind }) => kind === key.kind)?.take(key);
      if (due.length > 0) served.push(user);
      else if (turns.length < lanes.length) left.push(user);
    } catch (error) {
      deps.log.warn({ err: error }, "one user's due work could not be claimed and will be");
    }
  }
  return { served, left };
}

interface Lane {
  kind: WorkKind;
  /** What there is room for; null when there is none. */
  turn(): Turn | null;
  /** Claims the work and begins it, unless it is another's or there is no room by now. */
  take(key: WorkKey): Promise<void>;
  /** Nobody waits: whoever comes next is the first of a new round, which needs no look at who was before. */
  beginAnew(): void;
  /** Resolves when nothing is under way. */
  ended(): Promise<unknown>;
}

function openLane(worker: Worker, deps: LoopDeps, signal: AbortSignal): Lane {
  const running = new Map<string, Promise<void>>();
  const perUser = new Map<string, number>();
  let lastUser = nobody;

  function start(lease: Lease): void {
    perUser.set(lease.userId, (perUser.get(lease.userId) ?? 0) + 1);
    const done = runOne(worker, lease, deps, signal).finally(() => {
      running.delete(lease.token);
      const left = (perUser.get(lease.userId) ?? 1) - 1;
      if (left > 0) perUser.set(lease.userId, left);
      else perUser.delete(lease.userId);
      deps.notifier.notify(workTopic, lease.userId);
    });
    running.set(lease.token, done);
  }

  function turn(): Turn | null {
    const limit = worker.concurrency - running.size;
    if (limit <= 0 || worker.isPaused?.() === true) return null;
    const busy = [...perUser].filter(([, count]) => count >= worker.perUser).map(([user]) => user);
    return { kind: worker.kind, limit, busy, lastUser };
  }

  return {
    kind: worker.kind,
    turn,
    async take(key) {
      const now = turn();
      if (now === null || now.busy.includes(key.userId)) return;
      lastUser = key.userId;
      const lease = await claim(deps.db, key, deps.owner, worker.leaseMs);
      if (lease !== null) start(lease);
    },
    beginAnew() {
      lastUser = nobody;
    },
    ended: () => Promise.all(running.values()),
  };
}

async function wait(
  notifier: Notifier,
  topics: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  await Promise.race([...topics, 'nothing'].map((topic) => notifier.wait(topic, timeoutMs, either)));
  done.abort();
}

async function runOne(worker: Worker, lease: Lease, deps: LoopDeps, stop: AbortSignal): Promise<void> {
  const lost = new AbortController();
  const signal = AbortSignal.any([stop, lost.signal]);
  const kept = setInterval(() => void keep(), worker.renewEveryMs);
  kept.unref();

  async function keep(): Promise<void> {
    try {
      const state = await renew(deps.db, lease, worker.leaseMs);
      if (state !== 'held') lost.abort(new LeaseLost('the work was taken away'));
    } catch (error) {
      // A database that is away for a moment must not end the work: the lease outlives several missed renewals.
      deps.log.warn({ err: error, kind: lease.kind }, 'a lease was not renewed yet');
    }
  }

  const started = performance.now();
  let outcome: WorkFigures['outcome'] = 'done';
  try {
    await inSpan(`work ${lease.kind}`, { attempt: lease.attempts }, () => worker.run(lease, signal));
  } catch (error) {
    outcome = lost.signal.aborted ? 'lost' : stop.aborted ? 'stopped' : 'failed';
    await giveUp(error);
  } finally {
    clearInterval(kept);
    deps.telemetry?.worked({ kind: lease.kind, outcome, ms: performance.now() - started });
  }

  async function giveUp(error: unknown): Promise<void> {
    if (lost.signal.aborted) return;
    try {
      if (stop.aborted) await deps.db.scoped(lease, (tx) => release(tx, lease, { inMs: 0, refund: true }));
      else await worker.failed(lease, error);
    } catch (cause) {
      // The lease runs out, and whoever claims it next goes on.
      deps.log.warn({ err: cause, kind: lease.kind }, 'a failed piece of work was not given back');
    }
  }
}
