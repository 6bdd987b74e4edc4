import type { Dictionary } from '../en.ts';

export const connection: Dictionary['connection'] = {
  lost: 'Der Server ist nicht erreichbar. Es wird weiter versucht…',
  stale: 'Änderungen von anderswo werden gerade nicht gezeigt.',
};
