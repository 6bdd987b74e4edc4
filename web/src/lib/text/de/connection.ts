import type { Dictionary } from '../en.ts';

export const connection: Dictionary['connection'] = {
  lost: 'Der Server ist nicht erreichbar. Es wird weiter versucht…',
  stale: 'Änderungen von anderswo werden gerade nicht gezeigt.',
  outdated:
    'Ein Teil dieser Seite fehlt, vielleicht weil Alcove erneuert wurde. Was Sie geschrieben haben, bleibt.',
  reload: 'Neu laden',
};
