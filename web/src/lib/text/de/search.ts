import { count } from './nouns.ts';
import type { Dictionary } from '../en.ts';

export const search: Dictionary['search'] = {
  open: 'Suchen',
  title: 'Suchen',
  field: 'Titel, Nachrichten und Dokumente durchsuchen',
  hint: 'Geben Sie mindestens zwei Zeichen ein.',
  none: 'Nichts gefunden.',
  titles: 'Gespräche',
  messages: 'Nachrichten',
  passages: 'Dokumente',
  commands: 'Befehle',
  results: (n) => count(n, { one: 'Treffer', other: 'Treffer' }),
};
