import { noting, randomOf, seedOf } from './random.ts';
import type { DatabaseKind, Part, TortureContext } from './scenario.ts';

/** What a scenario is to do. */
export interface Order {
  name: string;
  database: DatabaseKind;
  seed: number;
  minutes: number;
  isSmoke: boolean;
}

/** Who hears of a scenario while it runs. */
interface Listener {
  say(line: string): void;
  /** It has drawn something: another seed may end otherwise. */
  drawn(): void;
  keep(part: Part): void;
}

const nobody: Listener = { say: () => {}, drawn: () => {}, keep: () => {} };

/** For a scenario that begins now. */
export function contextOf(order: Order, listener: Listener = nobody): TortureContext {
  const { name, database, seed, minutes, isSmoke } = order;
  const deadline = performance.now() + minutes * 60_000;
  return {
    database,
    serverUrl: process.env['TEST_DATABASE_URL'] ?? null,
    scale: isSmoke ? 'smoke' : 'full',
    seed,
    minutes,
    // Each scenario draws for itself: leaving one out does not change the others.
    random: noting(randomOf(seedOf(`${seed}/${name}/${database}`)), () => listener.drawn()),
    only: null,
    isOver: () => performance.now() > deadline,
    say: (line) => listener.say(line),
    keep: (part) => listener.keep(part),
  };
}
