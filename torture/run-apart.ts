import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Outcome, runOf } from './report.ts';
import type { Order } from './context.ts';
import type { KeptSeed } from './kept-seeds.ts';
import type { Figures, Part, Scenario } from './scenario.ts';

/** How it ended. */
export type Ended =
  | { type: 'held'; figures: Figures }
  /** Its seed shows something unless it only met too little. */
  | { type: 'broken'; reason: string; isShown: boolean }
  | { type: 'not run'; reason: string };

/** What a scenario's process tells; it is told an `Order`. */
export type Told = Ended | { type: 'line'; line: string } | { type: 'drawn' } | { type: 'part'; part: Part };

/** Beyond its minutes a scenario finishes what it has begun; one that does not end at all is broken. */
const graceMs = 5 * 60_000;

/**
 * A scenario in a process of its own: a crash or a hang of one is no end of the others. @returns with its outcome what of
 * it is to be kept where it has broken: the parts that it named, or all of it if it draws
 */
export async function runApart(
  task: Omit<Order, 'name'> & { scenario: Scenario },
): Promise<{ outcome: Outcome; kept: KeptSeed[] }> {
  const { scenario, ...rest } = task;
  const started = performance.now();
  const child = fork(fileURLToPath(new URL('./run-one.ts', import.meta.url)), [], {
    env: { ...process.env, ALCOVE_TEST_DB: task.database },
    execArgv: ['--max-semi-space-size=16'],
  });
  let last: Ended | null = null;
  let hasDrawn = false;
  const parts: Part[] = [];
  child.on('message', (told: Told) => {
    if (told.type === 'line') console.log(`  ${scenario.name}/${task.database} ${told.line}`);
    else if (told.type === 'drawn') hasDrawn = true;
    else if (told.type === 'part') parts.push(told.part);
    else last = told;
  });
  child.send({ ...rest, name: scenario.name } satisfies Order);
  const timer = setTimeout(() => child.kill('SIGKILL'), task.minutes * 60_000 + graceMs);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  const told = outcomeOf(last, code, signal);
  const { database, seed, isSmoke } = task;
  const isKept = told.type === 'broken' && told.isShown && (hasDrawn || parts.length > 0);
  const kept = (parts.length > 0 ? parts : [null]).map((part) => ({
    scenario: scenario.name,
    database,
    seed,
    isSmoke,
    part,
  }));
  const outcome: Outcome = {
    name: scenario.name,
    database,
    checks: scenario.checks,
    promise: scenario.promise,
    protocol: scenario.protocol,
    whyAlone: scenario.whyAlone,
    state: told.type,
    reason: 'reason' in told ? told.reason : null,
    figures: told.type === 'held' ? told.figures : {},
    seconds: (performance.now() - started) / 1000,
    run: runOf(seed, isSmoke),
  };
  return { outcome, kept: isKept ? kept : [] };
}

function outcomeOf(last: Ended | null, code: number | null, signal: string | null): Ended {
  if (last !== null) return last;
  const how = signal === null ? `with code ${code}` : `by ${signal}: it did not end in time`;
  return { type: 'broken', reason: `its process ended ${how}`, isShown: true };
}
