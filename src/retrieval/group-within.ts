/** In their order, as many together as fit; one that is larger stands alone. */
export function groupWithin<Sized extends { bytes: number }>(
  wanted: readonly Sized[],
  maxBytes: number,
): Sized[][] {
  const groups: Sized[][] = [];
  let room = 0;
  for (const one of wanted) {
    if (groups.length === 0 || one.bytes > room) {
      groups.push([]);
      room = maxBytes;
    }
    groups.at(-1)!.push(one);
    room -= one.bytes;
  }
  return groups;
}

/** While the process looks at one group, the database reads another. */
const lanes = 2;

/** Two groups at once, and the results in the order of the groups. After a failure none is begun. */
export async function inLanes<Group, T>(
  groups: readonly Group[],
  work: (group: Group) => Promise<T>,
): Promise<T[]> {
  const made: T[] = [];
  const left = each(groups);
  const run = async (): Promise<void> => {
    // The lanes share it: whichever is free takes the next, and a failure closes it for both.
    for (const [at, group] of left) made[at] = await work(group);
  };
  await Promise.all(Array.from({ length: lanes }, run));
  return made;
}

function* each<Item>(items: readonly Item[]): Generator<[number, Item]> {
  yield* items.entries();
}
