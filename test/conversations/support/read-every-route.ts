import { routesOf } from '../../http/route-table.ts';
import type { Person, TestApp } from '../../support/app.ts';
import { sampled } from '../../support/full-run.ts';

/** Every GET of the server as this person, with the ids in the place of its parameters, and a search for the word. */
export async function readEveryRoute(
  server: TestApp,
  person: Person,
  ids: readonly string[],
  word: string,
): Promise<Map<string, string>> {
  const shown = new Map<string, string>();
  const skipped = /^GET \/(docs|_app|dashboard|setup|favicon|licenses|metrics|events|admin)|^GET \/$/;
  for (const route of routesOf(server.app)) {
    if (!route.startsWith('GET ') || skipped.test(route)) continue;
    const pattern = route.slice(4);
    for (const id of pattern.includes(':id') ? ids : ['']) {
      // A route of one thing takes no search: those are tried there in a full run.
      const queries = ['', `?q=${word}`, '?limit=200', '?status=all'];
      for (const query of id === '' ? queries : sampled(queries, queries.length)) {
        const path = pattern.replace(':id', id) + query;
        const response = await person.fetch(path, { signal: AbortSignal.timeout(20_000) });
        const text = await response.text();
        // What is asked for is repeated by whoever refuses it.
        if (response.status < 400) shown.set(path, text);
      }
    }
  }
  return shown;
}

export function pathsWith(shown: Map<string, string>, text: string): string[] {
  return [...shown].filter(([, body]) => body.includes(text)).map(([path]) => path);
}
