import type { Dictionary } from '../en.ts';

export const shortcuts: Dictionary['shortcuts'] = {
  heading: 'Tastatur',
  show: 'Tastenkürzel',
  search: 'Suchen',
  newConversation: 'Neues Gespräch',
  composer: 'Zum Fragefeld',
  pane: 'Dokumente und Quellen zeigen oder ausblenden',
  citations: 'Nächster und voriger Beleg',
  pages: 'Vorige und nächste Seite des Originals',
  escape: 'Schließen, oder zurück zum Fragefeld',
  help: 'Diese Tastenkürzel',
};
