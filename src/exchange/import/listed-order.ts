import { listOf, recordOf, textOf } from './fields.ts';

/**
 * The keys of a tree that comes as a map, parents before children and those in the order in which their parent lists
 * them; what no parent lists comes behind, as it stands in the map.
 * @param children what the field is called that lists them
 */
export function listedOrder(map: Readonly<Record<string, unknown>>, children: string): string[] {
  const listed = (key: string): string[] =>
    listOf(recordOf(map[key])?.[children]).flatMap((child) => textOf(child) ?? []);
  const keys = Object.keys(map);
  const below = new Set(keys.flatMap(listed));
  const order = new Set<string>();
  // Without recursion, and each once: files come from anybody.
  const waiting = keys.filter((key) => !below.has(key)).toReversed();
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (order.has(key) || !Object.hasOwn(map, key)) continue;
    order.add(key);
    for (const child of listed(key).toReversed()) waiting.push(child);
  }
  return [...order, ...keys.filter((key) => !order.has(key))];
}
