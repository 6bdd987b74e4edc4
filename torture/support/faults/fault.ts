/** Something outside of the product that can fail at one of its calls. */
export interface Fault {
  name: string;
  /** Notes calls from now on; all of them work. */
  watch(): void;
  /** The same, and fails the n-th, counted from 1. */
  failAt(n: number): void;
  /** What was called since then, in order: calls of one kind have one text, whoever they are about. */
  calls(): readonly string[];
  /** Nothing fails or is noted any more. */
  heal(): void;
}

/** A fault with what is called at each use: true at the one that is to fail. */
export interface CountedFault extends Fault {
  isDue(call: string): boolean;
}

export function countedFault(name: string): CountedFault {
  let calls: string[] = [];
  let isNoting = false;
  let failing = 0;
  const failAt = (n: number): void => {
    calls = [];
    isNoting = true;
    failing = n;
  };
  return {
    name,
    watch: () => failAt(0),
    failAt,
    calls: () => calls,
    heal() {
      isNoting = false;
    },
    isDue(call) {
      if (!isNoting) return false;
      calls.push(call);
      return calls.length === failing;
    },
  };
}
