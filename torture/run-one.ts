/** The process of one scenario; `run-apart.ts` starts it, tells it what to do and hears what came of it. */
import { setup } from '../test/support/migrated-run.ts';
import { randomOf, seedOf } from './random.ts';
import type { Order, Told } from './run-apart.ts';
import type { TortureContext } from './scenario.ts';
import { scenarios } from './scenarios.ts';

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

async function tortureOnce(order: Order): Promise<Told> {
  const scenario = scenarios.find(({ name }) => name === order.name);
  if (scenario === undefined) throw new Error(`there is no scenario ${order.name}`);
  const deadline = performance.now() + order.minutes * 60_000;
  const context: TortureContext = {
    database: order.database,
    serverUrl: process.env['TEST_DATABASE_URL'] ?? null,
    scale: order.isSmoke ? 'smoke' : 'full',
    seed: order.seed,
    minutes: order.minutes,
    // Each scenario draws for itself: leaving one out does not change the others.
    random: randomOf(seedOf(`${order.seed}/${order.name}/${order.database}`)),
    isOver: () => performance.now() > deadline,
    say: (line) => tell({ type: 'line', line }),
  };
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
function toBroken(error: unknown): Told {
  const causes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause)
    causes.unshift((at.stack ?? at.message).replaceAll(here, ''));
  return { type: 'broken', reason: causes.join('\n') || String(error) };
}

function tell(told: Told): void {
  process.send?.(told);
}
