import { number } from './nouns.ts';
import type { viewer as en } from '../en/viewer.ts';

export const viewer: typeof en = {
  page: 'Seite',
  of: (total) => `von ${number.format(total)}`,
  previousPage: 'Vorige Seite',
  nextPage: 'Nächste Seite',
  zoomIn: 'Größer',
  zoomOut: 'Kleiner',
  fit: 'An Breite anpassen',
  thumbnails: 'Seitenvorschau',
  toPage: (page) => `Seite ${page}`,
  find: 'In diesem Dokument suchen',
  findCount: (at, of) => (of === 0 ? 'nicht gefunden' : `${at} von ${of}`),
  findNext: 'Nächster Treffer',
  findPrevious: 'Voriger Treffer',
  download: 'Original herunterladen',
  opening: 'Das Dokument wird geöffnet…',
  unplaced: 'Die Textstelle lässt sich auf dieser Seite nicht sicher bestimmen, daher ist nichts markiert.',
  unreadable: 'Diese Datei kann hier nicht gezeigt werden. Ihr Text schon.',
  showText: 'Text zeigen',
  showOriginal: 'Original zeigen',
  more: 'Mehr vom Text zeigen',
  image: (name) => `Das Bild „${name}“`,
  textLabel: 'Text des Dokuments',
};
