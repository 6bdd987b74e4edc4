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
  hintPart:
    'Sie sehen das Gespräch jederzeit, wie es ist, mit dem, was die Antworten zitieren, und schreiben und fragen darin. Sie können das jederzeit beenden.',
  takingPart: 'Sie nehmen an diesem Gespräch teil: Wem es gehört, sieht, was Sie schreiben.',
  owner: 'Wem es gehört',
  writeOnly: 'Nur schreiben',
  forOne: 'Wurde er für Sie erstellt, melden Sie sich zuerst an.',
  recipient: 'Nur für (E-Mail-Adresse eines Kontos hier)',
  partLabel: 'Darf teilnehmen, nicht nur lesen',
  forWhom: (email, takesPart) => (takesPart ? `${email} nimmt teil` : `für ${email}`),
};
