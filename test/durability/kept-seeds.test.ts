import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { contextOf } from '../../torture/context.ts';
import { keepSeeds, type KeptSeed, readSeeds, replay } from '../../torture/kept-seeds.ts';
import type { Part, Scenario, TortureContext } from '../../torture/scenario.ts';
import { scenarios } from '../../torture/scenarios.ts';
import { inRounds } from '../../torture/support/rounds.ts';
import { databaseKind } from '../support/app.ts';

// What `npm run torture` has broken once (torture/seeds.json). It keeps what it breaks next by itself.

const serverUrl = process.env['TEST_DATABASE_URL'] ?? null;
const order = { name: 'any', database: 'pglite', seed: 7, minutes: 1, isSmoke: true } as const;

function scenarioOf(name: string): Scenario {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}

describe('what has broken once', async () => {
  for (const one of await readSeeds()) {
    const scenario = scenarioOf(one.scenario);
    test.runIf(scenario.databases.includes(databaseKind))(
      `breaks nothing now: ${one.scenario}, seed ${one.seed}, ${JSON.stringify(one.part)}`,
      () => replay(one, scenario, { database: databaseKind, serverUrl }),
      // All of a scenario takes its minutes and some more; a part of it, seconds.
      (scenario.minutes + 5) * 60_000,
    );
  }
});

/** Its third round breaks: what it draws in each is noted. */
function brittle(drawn: number[]): Scenario {
  return {
    ...scenarioOf('kill'),
    async run(context) {
      const rounds = await inRounds(context, 5, async (draw, round) => {
        drawn.push(draw.between(1, 1e9));
        if (round === 2) throw new Error('broken');
      });
      return { rounds };
    },
  };
}

test('a round that breaks is named, and lived through again alone with the same draws', async () => {
  const [named, drawn, again]: [Part[], number[], number[]] = [[], [], []];
  let draws = 0;
  const context: TortureContext = contextOf(order, {
    say: () => {},
    drawn: () => void (draws += 1),
    keep: (part) => void named.push(part),
  });
  await expect(brittle(drawn).run(context)).rejects.toThrow('broken');
  expect(named).toEqual([{ round: 2 }]);
  expect(draws).toBe(3);
  const seed = { ...order, scenario: 'kill', part: { round: 2 } };
  const same = { ...brittle(again), name: order.name };
  await expect(replay(seed, same, { database: 'pglite', serverUrl })).rejects.toThrow('broken');
  expect(again).toEqual(drawn.slice(2));
});

test('a seed is kept once for each part, in the form that the file has', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'seeds-'));
  try {
    const file = join(folder, 'seeds.json');
    await writeFile(file, '[]');
    const whole: KeptSeed = { scenario: 'kill', database: 'pglite', seed: 7, isSmoke: false, part: null };
    const round = { ...whole, part: { round: 3 } };
    await keepSeeds([whole], file);
    await keepSeeds([whole, round], file);
    expect(await readSeeds(file)).toEqual([whole, round]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
