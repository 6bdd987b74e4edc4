/** Numbers that a seed repeats. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** One of them. @throws when there is none */
  oneOf<T>(things: readonly T[]): T;
  chance(probability: number): boolean;
  /** Another sequence, told apart by its name: what one part draws does not move the others. */
  fork(name: string): Random;
}

/** Mulberry32, enough to draw plans with (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    oneOf(things) {
      const thing = things[between(0, things.length - 1)];
      if (thing === undefined) throw new Error('there is nothing to choose from');
      return thing;
    },
    chance: (probability) => next() < probability,
    fork: (name) => randomOf(seedOf(`${seed}/${name}`)),
  };
}

/** The same numbers; `note` is called whenever one of them is drawn. */
export function noting(random: Random, note: () => void): Random {
  const noted =
    <Given extends unknown[], T>(draw: (...given: Given) => T) =>
    (...given: Given): T => {
      note();
      return draw(...given);
    };
  return {
    next: noted(random.next),
    between: noted(random.between),
    oneOf<T>(things: readonly T[]): T {
      note();
      return random.oneOf(things);
    },
    chance: noted(random.chance),
    fork: (name) => noting(random.fork(name), note),
  };
}

/** FNV-1a, 32 bits. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const unit of Buffer.from(text)) hash = Math.imul(hash ^ unit, 0x01000193);
  return hash >>> 0;
}
