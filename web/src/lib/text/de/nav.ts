import type { Dictionary } from '../en.ts';

export const nav: Dictionary['nav'] = {
  statistics: 'Statistik',
  settings: 'Einstellungen',
  admin: 'Verwaltung',
  share: 'Teilen…',
  noChatModel: 'Kein Modell: Antworten sind Zitate aus Ihren Dokumenten.',
  noEmbeddingModel: 'Kein Einbettungsmodell: Dokumente werden nach ihren Worten gefunden.',
};
