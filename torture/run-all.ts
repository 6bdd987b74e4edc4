import type { KeptSeed } from './kept-seeds.ts';
import type { Outcome } from './report.ts';
import { runApart } from './run-apart.ts';
import type { DatabaseKind, Scenario } from './scenario.ts';

interface Task {
  scenario: Scenario;
  database: DatabaseKind;
}

export interface RunOptions {
  seed: number;
  /** For everything together, with two cores. */
  minutes: number;
  databases: readonly DatabaseKind[];
  isSmoke: boolean;
}

/** What a run of everything takes on a machine with two cores and nothing else to do. */
export const minutesOfAll = 80;
/** Seconds, in truth; a machine that is busy may take longer. */
const smokeMinutes = 3;
/** Most of them wait most of the time: for a kill, a lease or a start. */
const sideBySide = 3;

/** Those that measure time come last, one after the other; the rest share the machine. */
export async function runAll(
  chosen: readonly Scenario[],
  options: RunOptions,
  onOutcome: (outcome: Outcome, kept: readonly KeptSeed[]) => Promise<void>,
): Promise<Outcome[]> {
  const tasks = tasksOf(chosen, options.databases);
  const [quiet, others] = [
    tasks.filter(({ scenario }) => scenario.needsQuiet === true),
    tasks.filter(({ scenario }) => scenario.needsQuiet !== true),
  ];
  const outcomes: Outcome[] = [];
  // Reports are written one after the other.
  let noted = Promise.resolve();
  const rest = others.values();
  const lane = async (left: Iterable<Task>): Promise<void> => {
    for (const task of left) {
      const { seed, isSmoke } = options;
      const { outcome, kept } = await runApart({ ...task, minutes: minutesOf(task, options), seed, isSmoke });
      outcomes.push(outcome);
      noted = noted.then(() => onOutcome(outcome, kept));
      await noted;
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, () => lane(rest)));
  await lane(quiet);
  return outcomes;
}

export function tasksOf(chosen: readonly Scenario[], databases: readonly DatabaseKind[]): Task[] {
  return chosen.flatMap((scenario) =>
    scenario.databases.filter((kind) => databases.includes(kind)).map((database) => ({ scenario, database })),
  );
}

function minutesOf({ scenario }: Task, { minutes, isSmoke }: RunOptions): number {
  return isSmoke ? smokeMinutes : (scenario.minutes * minutes) / minutesOfAll;
}
