/** Edges by name: what each node points to. Targets that are no node of the graph are ignored. */
export type Graph = Map<string, Iterable<string>>;

/**
 * Finds the groups of nodes that reach each other (Tarjan's strongly connected components with more than one
 * member, or one that points to itself) and returns one concrete cycle of each, its first node the smallest name.
 */
export function findCycles(graph: Graph): string[][] {
  return components(graph)
    .filter((members) => members.length > 1 || pointsToItself(graph, members[0]!))
    .map((members) => shortestCycle(graph, members.toSorted()))
    .toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1));
}

function components(graph: Graph): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];

  const visit = (node: string): void => {
    order.set(node, order.size);
    lowest.set(node, order.get(node)!);
    open.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(node, Math.min(lowest.get(node)!, lowest.get(next)!));
    }
    if (lowest.get(node) === order.get(node)) found.push(open.splice(open.indexOf(node)));
  };

  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return found;
}

function pointsToItself(graph: Graph, node: string): boolean {
  return [...(graph.get(node) ?? [])].includes(node);
}

/** Breadth first from the first member back to itself, inside the component. */
function shortestCycle(graph: Graph, members: string[]): string[] {
  const start = members[0]!;
  const inside = new Set(members);
  const queue: string[][] = [[start]];
  const seen = new Set<string>();
  for (let path = queue.shift(); path; path = queue.shift()) {
    for (const next of graph.get(path.at(-1)!) ?? []) {
      if (next === start) return path;
      if (!inside.has(next) || seen.has(next)) continue;
      seen.add(next);
      queue.push([...path, next]);
    }
  }
  return members;
}
