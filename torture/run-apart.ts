import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Outcome, runOf } from './report.ts';
import type { DatabaseKind, Figures, Scenario } from './scenario.ts';

/** What a scenario's process is told. */
export interface Order {
  name: string;
  database: DatabaseKind;
  seed: number;
  minutes: number;
  isSmoke: boolean;
}

/** What it tells. */
export type Told =
  | { type: 'line'; line: string }
  | { type: 'held'; figures: Figures }
  | { type: 'broken'; reason: string }
  | { type: 'not run'; reason: string };

/** Beyond its minutes a scenario finishes what it has begun; one that does not end at all is broken. */
const graceMs = 5 * 60_000;

/** A scenario in a process of its own: a crash or a hang of one is no end of the others. */
export async function runApart(task: Omit<Order, 'name'> & { scenario: Scenario }): Promise<Outcome> {
  const { scenario, ...rest } = task;
  const started = performance.now();
  const child = fork(fileURLToPath(new URL('./run-one.ts', import.meta.url)), [], {
    env: { ...process.env, ALCOVE_TEST_DB: task.database },
    execArgv: ['--max-semi-space-size=16'],
  });
  let last: Exclude<Told, { type: 'line' }> | null = null;
  child.on('message', (told: Told) => {
    if (told.type === 'line') console.log(`  ${scenario.name}/${task.database} ${told.line}`);
    else last = told;
  });
  child.send({ ...rest, name: scenario.name } satisfies Order);
  const timer = setTimeout(() => child.kill('SIGKILL'), task.minutes * 60_000 + graceMs);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  const told = outcomeOf(last, code, signal);
  return {
    name: scenario.name,
    database: task.database,
    checks: scenario.checks,
    promise: scenario.promise,
    protocol: scenario.protocol,
    whyAlone: scenario.whyAlone,
    state: told.type,
    reason: 'reason' in told ? told.reason : null,
    figures: told.type === 'held' ? told.figures : {},
    seconds: (performance.now() - started) / 1000,
    run: runOf(task.seed, task.isSmoke),
  };
}

function outcomeOf(
  last: Exclude<Told, { type: 'line' }> | null,
  code: number | null,
  signal: string | null,
): Exclude<Told, { type: 'line' }> {
  if (last !== null) return last;
  const how = signal === null ? `with code ${code}` : `by ${signal}: it did not end in time`;
  return { type: 'broken', reason: `its process ended ${how}` };
}
