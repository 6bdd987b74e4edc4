import { countedFault, type Fault } from './fault.ts';

const jumps = { 'clock +60 s': 60_000, 'clock -60 s': -60_000 };

export const clockFaultNames = Object.keys(jumps);

/** A clock for the application that jumps at its n-th reading, and back when it is healed. */
export function jumpingClock(): { now: () => Date; faults: Fault[] } {
  let offMs = 0;
  const faults = Object.entries(jumps).map(([name, byMs]) => ({ ...countedFault(name), byMs }));
  return {
    now() {
      for (const fault of faults) if (fault.isDue('reading')) offMs = fault.byMs;
      return new Date(Date.now() + offMs);
    },
    faults: faults.map((fault) => ({
      ...fault,
      heal() {
        fault.heal();
        offMs = 0;
      },
    })),
  };
}
