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
