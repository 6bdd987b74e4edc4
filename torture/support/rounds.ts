import type { Random } from '../random.ts';
import type { Part, TortureContext } from '../scenario.ts';

/**
 * Lives through rounds with draws of their own until the time is over; of one that breaks the number is kept. A kept
 * one is lived through alone. @returns how many there were
 */
export async function inRounds(
  context: TortureContext,
  most: number,
  live: (draw: Random, round: number) => Promise<void>,
): Promise<number> {
  const { only, random } = context;
  const first = only === null ? 0 : Number(only['round']);
  const end = only === null ? most : first + 1;
  let round = first;
  for (; round < end && !context.isOver(); round += 1) {
    const draw = random.fork(`round ${round}`);
    await keeping(context, { round }, () => live(draw, round));
  }
  return round - first;
}

/** Does something that `part` is enough to do again. */
export async function keeping<T>(context: TortureContext, part: Part, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    context.keep(part);
    throw error;
  }
}
