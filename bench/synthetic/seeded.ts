export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Whole number in [0, below). */
  below(limit: number): number;
  /** Standard normal, by the sum of four uniforms: cheap, and close enough for synthetic vectors. */
  normal(): number;
}

/** The same numbers for the same seed, on every machine (sfc32 by Chris Doty-Humphrey, public domain). */
export function createRandom(seed: number): Random {
  let a = seed | 0;
  let b = Math.imul(seed, 0x9e3779b9) | 0;
  let c = 0x6a09e667;
  let counter = 1;
  const draw = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 15; round += 1) draw();
  return {
    next: () => draw() / 2 ** 32,
    below: (limit) => Math.floor((draw() / 2 ** 32) * limit),
    normal: () => ((draw() + draw() + draw() + draw()) / 2 ** 32 - 2) * Math.sqrt(3),
  };
}
