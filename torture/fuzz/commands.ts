import fc from 'fast-check';
import type { Deed, Drawn } from './choosing.ts';
import { deeds } from './deeds.ts';
import type { World } from './world.ts';

type Command = fc.AsyncCommand<World, World>;

/** Histories of at most that many commands; `after` runs behind each, until `isOver`. */
export function histories(
  maxCommands: number,
  after: (world: World) => Promise<void>,
  isOver: () => boolean,
): fc.Arbitrary<Iterable<Command>> {
  const drawn = fc.record({
    name: fc.oneof(
      ...Object.entries(deeds).map(([name, { weight }]) => ({ weight, arbitrary: fc.constant(name) })),
    ),
    at: fc.nat(1000),
    also: fc.nat(1000),
  });
  return fc.commands([drawn.map((one) => commandOf(one, after, isOver))], { maxCommands, size: 'max' });
}

function commandOf(
  drawn: Drawn & { name: string },
  after: (world: World) => Promise<void>,
  isOver: () => boolean,
): Command {
  const deed: Deed = deeds[drawn.name]?.deed ?? (() => null);
  return {
    check: (world) => !isOver() && deed(world as World, drawn) !== null,
    async run(_, world) {
      await deed(world, drawn)?.();
      await after(world);
    },
    toString: () => `${drawn.name}(${drawn.at}, ${drawn.also})`,
  };
}
