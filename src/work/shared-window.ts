import type { Database } from '../db/database.ts';
import { CountWindow } from '../limits/count-window.ts';
import { addToCount, forgetCount, type SharedCount } from './counts-store.ts';
import type { Replicas } from './replicas.ts';

/** What a process knows of one key. */
interface Known {
  /** Of all processes, when they last told, and what this one has added since. */
  count: number;
  endsAt: number;
  /** Not yet told to the others. */
  untold: number;
  telling: boolean;
}

const maxKeys = 50_000;

/**
 * Counts by key within windows of time over all processes. Alone, a process counts by itself. With others, a count far
 * from its limit is told to the database while the caller goes on; the first of a window, and each one from half the
 * limit on, waits for what all have counted.
 */
export class SharedWindow {
  readonly #db: Database;
  readonly #replicas: Pick<Replicas, 'isAlone'>;
  readonly #alone: CountWindow;
  readonly #known = new Map<string, Known>();

  constructor(db: Database, replicas: Pick<Replicas, 'isAlone'>, now: () => number = Date.now) {
    this.#db = db;
    this.#replicas = replicas;
    this.#alone = new CountWindow(now);
  }

  /** One more. @returns how many are in the window with it, and when the window ends */
  async add(key: string, windowMs: number, max: number): Promise<SharedCount> {
    const own = this.#alone.add(key, windowMs);
    if (this.#replicas.isAlone) return own;
    const known = this.#knownOf(key, own.count);
    known.untold += 1;
    const fresh = known.endsAt > Date.now();
    if (!fresh || (known.count + 1) * 2 > max) return this.#tell(key, known, windowMs);
    known.count += 1;
    if (!known.telling) void this.#tell(key, known, windowMs).catch(() => {});
    return { count: known.count, endsInMs: known.endsAt - Date.now() };
  }

  /** One less: what was counted turned out not to count. */
  async takeBack(key: string, windowMs: number): Promise<void> {
    this.#alone.takeBack(key);
    if (!this.#replicas.isAlone) await addToCount(this.#db, key, -1, windowMs);
  }

  async forget(key: string): Promise<void> {
    this.#alone.forget(key);
    this.#known.delete(key);
    if (!this.#replicas.isAlone) await forgetCount(this.#db, key);
  }

  #knownOf(key: string, own: number): Known {
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    // What was counted alone is told when the first of the others is there.
    const known: Known = { count: 0, endsAt: 0, untold: own - 1, telling: false };
    this.#known.set(key, known);
    const oldest = this.#known.size > maxKeys ? this.#known.keys().next().value : undefined;
    if (oldest !== undefined) this.#known.delete(oldest);
    return known;
  }

  async #tell(key: string, known: Known, windowMs: number): Promise<SharedCount> {
    const told = known.untold;
    known.untold = 0;
    known.telling = true;
    try {
      const all = await addToCount(this.#db, key, told, windowMs);
      known.count = all.count + known.untold;
      known.endsAt = Date.now() + all.endsInMs;
      return all;
    } catch (error) {
      known.untold += told;
      throw error;
    } finally {
      known.telling = false;
    }
  }
}
