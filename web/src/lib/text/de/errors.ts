import { count } from './nouns.ts';
import type { Dictionary } from '../en.ts';

export const errors: Dictionary['errors'] = {
  unexpected: 'Auf dieser Seite ist etwas schiefgegangen.',
  retryIn: (seconds) =>
    `Versuchen Sie es in ${count(seconds, { one: 'Sekunde', other: 'Sekunden' })} noch einmal.`,
  next: {
    network: 'Prüfen Sie Ihre Verbindung; nichts Geschriebenes ist verloren.',
    unauthenticated: 'Melden Sie sich wieder an.',
    conflict: 'Hier wird schon eine Antwort geschrieben. Warten Sie darauf, oder halten Sie sie an.',
    quota_exceeded: 'Löschen Sie Dokumente, die Sie nicht mehr brauchen.',
    too_large: 'Wählen Sie eine kleinere Datei.',
    original_missing: 'Laden Sie die Datei erneut hoch.',
    unsupported_media_type: 'Wählen Sie eine Datei anderer Art, etwa PDF, Word oder Text.',
    model_unavailable: 'Fragen Sie gleich noch einmal.',
    model_timeout: 'Fragen Sie gleich noch einmal.',
    unavailable: 'Versuchen Sie es gleich noch einmal.',
    storage_full: 'Sagen Sie es der Verwaltung dieses Servers.',
    internal: 'Versuchen Sie es noch einmal; kommt es wieder vor, sagen Sie es der Verwaltung.',
  },
};
