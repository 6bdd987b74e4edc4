/** `npm run torture`: hurts the product in every way of the registry and says what held. See docs/reliability.md. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OptionsError, readOptions, type TortureOptions, usage } from './options.ts';
import { type Outcome, tableOf, type TortureReport, machineOf } from './report.ts';
import { runApart } from './run-apart.ts';
import type { DatabaseKind, Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

/** Seconds, in truth; a machine that is busy may take longer. */
const smokeMinutes = 3;

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(
    `${usage}\n\n${scenarios.map(({ name, promise }) => `${name.padEnd(18)} ${promise}`).join('\n')}`,
  );
} else {
  await start();
}

async function start(): Promise<void> {
  try {
    const options = readOptions(
      args,
      scenarios.map(({ name }) => name),
    );
    const outcomes = await tortureAll(options);
    const report: TortureReport = { ...machineOf(), seed: options.seed, outcomes };
    if (options.out !== null) await writeReport(options.out, report);
    console.log(`\n${tableOf(report)}`);
    process.exitCode = outcomes.some(({ state }) => state === 'broken') ? 1 : 0;
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}

interface Task {
  scenario: Scenario;
  database: DatabaseKind;
}

async function tortureAll(options: TortureOptions): Promise<Outcome[]> {
  const chosen = scenarios.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const tasks: Task[] = chosen.flatMap((scenario) =>
    scenario.databases
      .filter((kind) => options.databases.includes(kind))
      .map((database) => ({ scenario, database })),
  );
  console.log(
    `seed ${options.seed}, ${tasks.length} runs, ${options.isSmoke ? 'smoke' : `${options.minutes} min`}`,
  );
  const outcomes: Outcome[] = [];
  let minutesLeft = options.minutes;
  for (const [at, task] of tasks.entries()) {
    // What a scenario leaves of its time goes to those after it.
    const sharesLeft = tasks.slice(at).reduce((sum, { scenario }) => sum + scenario.share, 0);
    const minutes = options.isSmoke ? smokeMinutes : (minutesLeft * task.scenario.share) / sharesLeft;
    const outcome = await runApart({ ...task, minutes, seed: options.seed, isSmoke: options.isSmoke });
    minutesLeft = Math.max(0, minutesLeft - outcome.seconds / 60);
    outcomes.push(outcome);
    announce(outcome, options);
  }
  return outcomes;
}

function announce(
  { name, database, state, seconds, reason }: Outcome,
  { seed, isSmoke }: TortureOptions,
): void {
  console.log(`${name} on ${database}: ${state} after ${seconds.toFixed(0)} s`);
  if (state === 'held') return;
  console.log(`  ${reason ?? ''}`);
  if (state === 'broken')
    console.log(
      `  again: npm run torture -- --only ${name} --database ${database} --seed ${seed}${isSmoke ? ' --smoke' : ''}`,
    );
}

async function writeReport(folder: string, report: TortureReport): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'reliability.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, 'reliability.md'), `${tableOf(report)}\n`);
}
