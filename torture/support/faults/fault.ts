/** Something outside of the product that can fail at its n-th use. */
export interface Fault {
  name: string;
  /** Fails the n-th use from now, counted from 1; the others work. */
  failAt(n: number): void;
  /** How often it was used since `failAt`. */
  uses(): number;
  /** Nothing fails any more. */
  heal(): void;
}

/** A fault with what is called at each use: true at the one that is to fail. */
export interface CountedFault extends Fault {
  isDue(): boolean;
}

export function countedFault(name: string): CountedFault {
  let seen = 0;
  let failing = 0;
  return {
    name,
    failAt(n) {
      seen = 0;
      failing = n;
    },
    uses: () => seen,
    heal: () => void (failing = 0),
    isDue() {
      seen += 1;
      return seen === failing;
    },
  };
}
