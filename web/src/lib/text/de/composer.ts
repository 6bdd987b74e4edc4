import { count, documents } from './nouns.ts';
import type { Dictionary } from '../en.ts';

export const composer: Dictionary['composer'] = {
  label: 'Ihre Frage',
  placeholder: 'Stellen Sie eine Frage…',
  attach: 'Dokumente hinzufügen',
  send: 'Fragen',
  stop: 'Anhalten',
  modeDocuments: (ready) => `${count(ready, documents)} dieses Gesprächs`,
  modeNone: 'keine Dokumente: Allgemeinwissen',
  modeWaiting: 'noch kein Dokument ist bereit',
  reading: (names, more, percent, left) =>
    `liest ${names.join(', ')}${more > 0 ? ` und ${more.toLocaleString('de')} weitere` : ''}, ${percent} %${left === '' ? '' : `, noch etwa ${left}`}`,
  waits: 'die Antwort wartet darauf',
  without: 'Ohne sie fragen',
  waitAgain: 'Auf sie warten',
  isRenewed: 'bis dahin nutzen Antworten die vorige Fassung',
  isWithout: 'die Antwort wartet nicht',
};
