/** `npm run torture`: hurts the product in every way of the registry and says what held. See docs/reliability.md. */
import { keepSeeds } from './kept-seeds.ts';
import { OptionsError, readOptions, type TortureOptions, usage } from './options.ts';
import { type Outcome, tableOf } from './report.ts';
import { noteInReport } from './report-files.ts';
import { runAll, tasksOf } from './run-all.ts';
import { scenarios } from './scenarios.ts';

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
    console.log(`\n${tableOf(outcomes)}`);
    process.exitCode = outcomes.some(({ state }) => state === 'broken') ? 1 : 0;
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
  }
}

/** A run of some scenarios replaces their rows of the report and leaves the others. */
async function tortureAll(options: TortureOptions): Promise<Outcome[]> {
  const chosen = scenarios.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const runs = tasksOf(chosen, options.databases).length;
  console.log(`seed ${options.seed}, ${runs} runs, ${options.isSmoke ? 'smoke' : `${options.minutes} min`}`);
  // Written after each, so that a run that is broken off has said what it knows.
  return runAll(chosen, options, async (outcome, kept) => {
    announce(outcome, options);
    if (kept.length > 0) {
      await keepSeeds(kept);
      console.log('  kept in torture/seeds.json, which the tests live through again');
    }
    if (options.out !== null) await noteInReport(options.out, outcome);
  });
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
