/** The process of one scenario; `run-apart.ts` starts it, tells it what to do and hears what came of it. */
import { setup } from '../test/support/migrated-run.ts';
import { contextOf, type Order } from './context.ts';
import type { Ended, Told } from './run-apart.ts';
import type { TortureContext } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { TriedTooLittle } from './support/claims.ts';

/** Where the project lies on this machine is nobody's business. */
const here = new URL('..', import.meta.url).href;

process.once('message', (order: Order) => void obey(order));
// Whoever started this is gone, and nobody would hear the outcome.
process.on('disconnect', () => process.exit(1));

async function obey(order: Order): Promise<void> {
  const tearDown = await setup();
  tell(await tortureOnce(order).catch(toBroken));
  await tearDown();
  process.exit(0);
}

async function tortureOnce(order: Order): Promise<Ended> {
  const scenario = scenarios.find(({ name }) => name === order.name);
  if (scenario === undefined) throw new Error(`there is no scenario ${order.name}`);
  let hasDrawn = false;
  const context = contextOf(order, {
    say: (line) => tell({ type: 'line', line }),
    drawn() {
      if (!hasDrawn) tell({ type: 'drawn' });
      hasDrawn = true;
    },
    keep: (part) => tell({ type: 'part', part }),
  });
  const reason = await whyNot(scenario.cannotRun, context);
  if (reason !== null) return { type: 'not run', reason };
  return { type: 'held', figures: await scenario.run(context) };
}

async function whyNot(
  cannotRun: ((context: TortureContext) => Promise<string | null>) | undefined,
  context: TortureContext,
): Promise<string | null> {
  if (context.database === 'postgres' && context.serverUrl === null)
    return 'TEST_DATABASE_URL is not set; start it through scripts/with-postgres.sh';
  return (await cannotRun?.(context)) ?? null;
}

/** fast-check keeps what broke as the cause of its own error, which names the history. */
function toBroken(error: unknown): Ended {
  const causes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause)
    causes.unshift((at.stack ?? at.message).replaceAll(here, ''));
  const isShown = !(error instanceof TriedTooLittle);
  return { type: 'broken', reason: causes.join('\n') || String(error), isShown };
}

function tell(told: Told): void {
  process.send?.(told);
}
