import fc from 'fast-check';
import { startProvider } from '../../test/support/provider.ts';
import { histories } from '../fuzz/commands.ts';
import { type MissingLayer, missingLayers, switchOff } from '../fuzz/layers.ts';
import { readEverything, readRoutes } from '../fuzz/reading.ts';
import { createConversation } from '../fuzz/actions.ts';
import { password, World } from '../fuzz/world.ts';
import type { Figures, Scenario, TortureContext } from '../scenario.ts';
import { type AppHere, startAppHere } from '../support/app-here.ts';
import { mustBe } from '../support/claims.ts';

const usersPerWorld = 3;
const commandsPerWorld = { smoke: 12, full: 40 };
/** Of both databases and all layers together, a million and some. */
const readsAtLeast = { pglite: 400_000, postgres: 700_000 };
/** How much of it is read with a layer missing. */
const shareOf: Record<MissingLayer, number> = {
  none: 0.55,
  'row-level security': 0.15,
  'explicit filters': 0.15,
  keys: 0.15,
};

/** Random histories of several people beside a model of who may see what. */
export const isolation: Scenario = {
  name: 'isolation',
  checks: ['P3', 'P4'],
  promise: 'Nobody sees a word of another, of another conversation, or of what is deleted',
  protocol:
    'random histories with replays, limited keys, races and aborts; after each command every reader reads every path; then again without row-level security, without filters, without keys',
  databases: ['pglite', 'postgres'],
  share: 24,
  async run(context) {
    const figures: Figures = {};
    for (const layer of missingLayers) {
      const { reads, worlds, commands } = await fuzzWithout(layer, context);
      figures[`reads${layer === 'none' ? '' : ` without ${layer}`}`] = reads;
      if (layer === 'none') Object.assign(figures, { worlds, commands });
    }
    return { ...figures, 'foreign words': 0 };
  },
};

interface Counted {
  reads: number;
  worlds: number;
  commands: number;
}

async function fuzzWithout(layer: MissingLayer, context: TortureContext): Promise<Counted> {
  const provider = await startProvider();
  const here = await startAppHere({
    EMBEDDING_BASE_URL: provider.baseUrl,
    EMBEDDING_MODEL: 'test-embedding',
  });
  try {
    await switchOff(layer, here.app);
    const counted = await fuzz(here, await adminOf(here), layer, context);
    mustBe(here.faults.length === 0, () => `it logged ${here.faults[0]}`);
    context.say(`${layer === 'none' ? 'all layers' : `without ${layer}`}: ${JSON.stringify(counted)}`);
    return counted;
  } finally {
    await here.close();
    await provider.close();
  }
}

/** Histories until enough was read. Missing is what the application has lost before. @throws with the history that broke a promise */
export async function fuzz(
  here: AppHere,
  admin: { token: string },
  layer: MissingLayer,
  context: TortureContext,
): Promise<Counted> {
  // Each layer has its share of the time as well: one that is slow leaves some to the others.
  const deadline = performance.now() + context.minutes * 60_000 * shareOf[layer];
  const isOver = (): boolean => performance.now() > deadline;
  const counted: Counted = { reads: 0, worlds: 0, commands: 0 };
  const wanted = context.scale === 'smoke' ? 1 : readsAtLeast[context.database] * shareOf[layer];
  const routes = await readRoutes({ here });
  const after = async (world: World): Promise<void> => {
    if (isOver()) return;
    counted.commands += 1;
    counted.reads += await readEverything(world, routes);
  };
  while (counted.reads < wanted && !isOver()) {
    const property = fc.asyncProperty(histories(commandsPerWorld[context.scale], after), async (commands) => {
      counted.worlds += 1;
      const world = await worldOf(here, admin, counted.worlds);
      await fc.asyncModelRun(() => ({ model: world, real: world }), commands);
    });
    await fc.assert(property, {
      seed: context.random.between(0, 2 ** 31 - 1),
      numRuns: 1,
      // Without this the first runs are short ones.
      unbiased: true,
      interruptAfterTimeLimit: 15 * 60_000,
    });
  }
  return counted;
}

/** People with a conversation each. */
async function worldOf(here: AppHere, admin: { token: string }, n: number): Promise<World> {
  const world = new World(here, admin, n);
  for (let at = 0; at < usersPerWorld; at += 1) await world.addUser();
  for (const user of world.users) await createConversation(world, user);
  return world;
}

/** The first account of the installation. */
export async function adminOf(here: AppHere): Promise<{ token: string }> {
  const body = { email: 'admin@example.org', password };
  const reply = await here.call('POST', '/auth/register', null, body);
  mustBe(reply.status === 201, `registering is answered with ${reply.status}: ${reply.text}`);
  return { token: (JSON.parse(reply.text) as { access_token: string }).access_token };
}
