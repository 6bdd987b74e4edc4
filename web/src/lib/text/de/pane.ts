import type { Dictionary } from '../en.ts';

export const pane: Dictionary['pane'] = {
  label: 'Dokumente und Quellen',
  resize: 'Breite von Dokumenten und Quellen',
  resizeSidebar: 'Breite der Gespräche',
  show: 'Dokumente und Quellen zeigen',
  hide: 'Dokumente und Quellen ausblenden',
  documents: 'Dokumente',
  passages: 'Textstellen',
  original: 'Original',
  why: 'Warum',
  noPassages: 'Öffnen Sie einen Beleg einer Antwort, um die Textstellen zu sehen, auf denen sie beruht.',
  noOriginal: 'Öffnen Sie einen Beleg oder ein Dokument, um es hier zu sehen.',
  noWhy: 'Wählen Sie „Warum?“ bei einer Antwort.',
  citation: (at, of) => `Beleg ${at} von ${of}`,
  previous: 'Voriger Beleg',
  next: 'Nächster Beleg',
  sheet: 'Größe dieses Blatts',
};
