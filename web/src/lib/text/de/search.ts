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
  commandNames: {
    upload: 'Dateien hinzufügen…',
    dark: 'Dunkle Farben verwenden',
    light: 'Helle Farben verwenden',
    rename: 'Dieses Gespräch umbenennen',
    pin: 'Dieses Gespräch anheften',
    unpin: 'Dieses Gespräch nicht mehr anheften',
    archive: 'Dieses Gespräch archivieren',
    unarchive: 'Dieses Gespräch aus dem Archiv holen',
    share: 'Dieses Gespräch teilen…',
    export: 'Dieses Gespräch exportieren…',
    delete: 'Dieses Gespräch löschen…',
  },
  results: (n) => count(n, { one: 'Treffer', other: 'Treffer' }),
};
