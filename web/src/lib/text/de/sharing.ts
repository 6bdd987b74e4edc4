import { count, messages } from './nouns.ts';
import type { sharing as en } from '../en/sharing.ts';

export const sharing: typeof en = {
  title: 'Über einen Link teilen',
  hint: 'Wer den Link hat, sieht das Gespräch, wie es jetzt ist, und nichts, was später kommt.',
  withPassages: 'Auch die zitierten Textstellen der Dokumente zeigen',
  create: 'Link erstellen',
  copy: 'Link kopieren',
  refresh: 'Aktualisieren',
  revoke: 'Link widerrufen',
  hasPassword: 'mit Passwort',
  messages: (n) => count(n, messages),
  views: (n) => count(n, { one: 'Aufruf', other: 'Aufrufe' }),
  shared: 'Ein geteiltes Gespräch',
  sharedOn: (date) => `Geteilt am ${date}`,
  goOn: 'Als mein eigenes fortsetzen',
  signInToGoOn: 'Anmelden, um es fortzusetzen',
  locked: 'Dieser Link verlangt ein Passwort',
  open: 'Öffnen',
  gone: 'Dieser Link zeigt nichts mehr.',
};
