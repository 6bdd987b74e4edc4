import type { RunningApp } from '../../src/app.ts';

/** `METHOD /path` of every route that the running server has; HEAD, which goes with every GET, is left out. */
export function routesOf({ http }: RunningApp): string[] {
  const routes: string[] = [];
  const above: string[] = [];
  for (const line of http.printRoutes().split('\n')) {
    const found = /^((?:[│ ] {3})*)[├└]── (\S*?)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (found === null) continue;
    const depth = (found[1] ?? '').length / 4;
    const path = `${depth === 0 ? '' : (above[depth - 1] ?? '')}${found[2] ?? ''}`;
    above.length = depth;
    above.push(path);
    for (const method of (found[3] ?? '').split(', ')) {
      if (method !== '' && method !== 'HEAD') routes.push(`${method} ${path}`);
    }
  }
  return routes.toSorted();
}
