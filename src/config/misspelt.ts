import { distance } from '../http/nearest-name.ts';
import { sections } from './settings.ts';

export interface Misspelt {
  name: string;
  meant: string;
  /** What was meant chooses the database or a model: without it the server would do something else. */
  isVital: boolean;
}

/** Read by the command line alone. */
const others = new Set(['ALCOVE_URL', 'ALCOVE_TOKEN', 'ALCOVE_ENV_FILE']);
/** Shorter names are near too many others; in longer ones two letters may have changed places. */
const minLength = 6;
const longLength = 9;

/**
 * Names that are nearly those of settings, while the setting itself is not given. The environment holds much that is
 * meant for others, so that only what is very near counts.
 */
export function findMisspelt(names: readonly string[]): Misspelt[] {
  const given = new Set(names);
  const settings = sections.flatMap(({ settings: own, isVital }) =>
    Object.keys(own).map((name) => ({ name, isVital })),
  );
  const known = new Set(settings.map(({ name }) => name));
  const wanted = settings.filter(({ name }) => !given.has(name));
  return names
    .filter((name) => !known.has(name) && !others.has(name))
    .flatMap((name) => {
      const bare = name.replace(/^ALCOVE_/i, '');
      const [nearest] = wanted
        .map((setting) => ({ ...setting, away: distance(bare, setting.name) }))
        .filter((setting) => setting.away <= allowed(setting.name))
        .toSorted((a, b) => a.away - b.away);
      return nearest === undefined ? [] : [{ name, meant: nearest.name, isVital: nearest.isVital }];
    });
}

/** Changed letters: case, underscores and hyphens count for nothing. */
function allowed(setting: string): number {
  if (setting.length < minLength) return 0;
  return setting.length < longLength ? 1 : 2;
}
