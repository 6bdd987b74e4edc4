import fc from 'fast-check';
import { startProvider } from '../../test/support/provider.ts';
import { createConversation } from '../fuzz/acts/conversations.ts';
import { append } from '../fuzz/acts/messages.ts';
import { histories } from '../fuzz/commands.ts';
import { type MissingLayer, missingLayers, switchOff } from '../fuzz/layers.ts';
import { readEverything, readRoutes, type Reads } from '../fuzz/reading.ts';
import { register, type Session } from '../fuzz/session.ts';
import { World } from '../fuzz/world.ts';
import type { Figures, Part, Scenario, TortureContext } from '../scenario.ts';
import { type AppHere, startAppHere } from '../support/app-here.ts';
import { mustBe } from '../support/claims.ts';

const usersPerWorld = 3;
const commandsPerWorld = { smoke: 12, full: 80 };
/** While one waits for its parser another reads; and each looks for the words of all. */
const worldsAtOnce = { smoke: 1, full: 5 };
/** Of both databases and all layers together, a million and some. The embedded database is the slower one. */
const readsAtLeast = { pglite: 330_000, postgres: 720_000 };
/** How much of it is read with a layer missing. */
const shareOf: Record<MissingLayer, number> = {
  none: 0.5,
  'ownership check': 0.1,
  'row-level security': 0.1,
  'explicit filters': 0.15,
  keys: 0.15,
};

/** Random histories of several people beside a model of who may see what. */
export const isolation: Scenario = {
  name: 'isolation',
  checks: ['P3', 'P4'],
  promise: 'Nobody sees a word of another, of another conversation, or of what is deleted',
  protocol:
    'random histories with replays, limited keys, races and aborts; after each command every reader reads every path; then again without the check of ownership, without row-level security, without filters, without keys',
  databases: ['pglite', 'postgres'],
  minutes: 28,
  async run(context) {
    if (context.only !== null) return liveThroughAgain(worldIn(context.only));
    const figures: Record<string, number> = {
      reads: 0,
      'of them events of streams': 0,
      worlds: 0,
      commands: 0,
    };
    for (const layer of missingLayers) {
      const { bodies, events, worlds, commands } = await fuzzWithout(layer, context);
      const add = (what: string, count: number): void => void (figures[what] = (figures[what] ?? 0) + count);
      add('reads', bodies + events);
      add('of them events of streams', events);
      add('worlds', worlds);
      add('commands', commands);
      if (layer !== 'none') add(`reads without ${layer}`, bodies + events);
    }
    return { ...figures, 'foreign words': 0 } satisfies Figures;
  },
};

interface Counted extends Omit<Reads, 'seen'> {
  worlds: number;
  commands: number;
}

async function fuzzWithout(layer: MissingLayer, context: TortureContext): Promise<Counted> {
  return withInstallation(layer, async (here, admin) => {
    const counted = await fuzz(here, admin, layer, context);
    context.say(`${layer === 'none' ? 'all layers' : `without ${layer}`}: ${JSON.stringify(counted)}`);
    return counted;
  });
}

/** A history that broke a promise once. */
interface KeptWorld {
  seed: number;
  /** The most commands that it could have. */
  commands: number;
  layer: MissingLayer;
}

/** @throws where that is none */
function worldIn({ seed, commands, layer }: Part): KeptWorld {
  const missing = missingLayers.find((one) => one === layer);
  if (missing === undefined) throw new Error(`there is no layer ${layer}`);
  return { seed: Number(seed), commands: Number(commands), layer: missing };
}

/** From its begin to its end. @throws with the history where it breaks a promise */
async function liveThroughAgain({ seed, commands, layer }: KeptWorld): Promise<Figures> {
  await withInstallation(layer, async (here, admin) => {
    const routes = await readRoutes({ here });
    const after = async (world: World): Promise<void> => {
      await world.keepSignedIn();
      await readEverything(world, routes);
    };
    await liveThrough(
      histories(commands, after, () => false),
      seed,
      () => worldOf(here, admin, layer, 1),
    );
  });
  return {};
}

async function withInstallation<T>(
  layer: MissingLayer,
  use: (here: AppHere, admin: Session) => Promise<T>,
): Promise<T> {
  const provider = await startProvider();
  const here = await startAppHere({
    EMBEDDING_BASE_URL: provider.baseUrl,
    EMBEDDING_MODEL: 'test-embedding',
    TRUST_PROXY: '1',
    // That its owner does not see what can be restored is of these two alone.
    ...(layer === 'row-level security' || layer === 'ownership check' ? { UNDO_DAYS: '0' } : {}),
  });
  try {
    await switchOff(layer, here.app);
    const result = await use(here, await adminOf(here));
    mustBe(here.faults.length === 0, () => `it logged ${here.faults[0]}`);
    return result;
  } finally {
    await here.close();
    await provider.close();
  }
}

/** Histories until enough was read. Missing is what the application has lost before. @throws with the history that broke a promise */
export async function fuzz(
  here: AppHere,
  admin: Session,
  layer: MissingLayer,
  context: TortureContext,
): Promise<Counted> {
  // Each layer has its share of the time as well: one that is slow leaves some to the others.
  const deadline = performance.now() + context.minutes * 60_000 * shareOf[layer];
  const counted: Counted = { bodies: 0, events: 0, worlds: 0, commands: 0 };
  const wanted = context.scale === 'smoke' ? 1 : readsAtLeast[context.database] * shareOf[layer];
  let isBroken = false;
  const isOver = (): boolean =>
    isBroken || counted.bodies + counted.events >= wanted || performance.now() > deadline;
  const routes = await readRoutes({ here });
  const after = async (world: World): Promise<void> => {
    counted.commands += 1;
    await world.keepSignedIn();
    const { bodies, events } = await readEverything(world, routes);
    counted.bodies += bodies;
    counted.events += events;
  };
  const oneAfterAnother = async (): Promise<void> => {
    do {
      counted.worlds += 1;
      const n = counted.worlds;
      // A short run is one history from its begin to its end.
      const isEnough = (): boolean => context.scale === 'full' && isOver();
      const commands = commandsPerWorld[context.scale];
      const seed = context.random.fork(`world ${n}`).between(0, 2 ** 31 - 1);
      const history = histories(commands, after, isEnough);
      try {
        await liveThrough(history, seed, () => worldOf(here, admin, layer, n));
      } catch (error) {
        context.keep({ seed, commands, layer });
        throw error;
      }
    } while (!isOver());
  };
  const lives = Array.from({ length: worldsAtOnce[context.scale] }, () =>
    oneAfterAnother().catch((error: unknown) => {
      isBroken = true;
      throw error;
    }),
  );
  for (const life of await Promise.allSettled(lives)) if (life.status === 'rejected') throw life.reason;
  return counted;
}

/** One random history in a world of its own. @throws with its commands */
async function liveThrough(
  drawn: ReturnType<typeof histories>,
  seed: number,
  newWorld: () => Promise<World>,
): Promise<void> {
  const property = fc.asyncProperty(drawn, async (history) => {
    const world = await newWorld();
    await fc.asyncModelRun(() => ({ model: world, real: world }), history);
  });
  await fc.assert(property, {
    seed,
    numRuns: 1,
    // Without this the first runs are short ones.
    unbiased: true,
    // For a shorter history of the same kind, where one broke a promise.
    interruptAfterTimeLimit: 30 * 60_000,
  });
}

/** People with a conversation each and a message in it. */
async function worldOf(here: AppHere, admin: Session, layer: MissingLayer, n: number): Promise<World> {
  const world = new World(here, admin, n, layer !== 'ownership check');
  for (let at = 0; at < usersPerWorld; at += 1) await world.addUser();
  for (const user of world.users) await createConversation(world, user);
  for (const conversation of world.conversations) await append(world, conversation);
  return world;
}

/** The first account of the installation. */
export function adminOf(here: AppHere): Promise<Session> {
  return register(here);
}
