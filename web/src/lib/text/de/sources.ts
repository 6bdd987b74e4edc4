import type { Dictionary } from '../en.ts';

export const sources: Dictionary['sources'] = {
  heading: 'Quellen',
  pill: (n, name, page) => `Quelle ${n}: ${name}${page === null ? '' : `, Seite ${page}`}`,
  states: {
    verified: '',
    unverified: ' (nicht belegt)',
    contradicted: ' (die Textstelle sagt etwas anderes)',
    pending: ' (wird geprüft)',
  },
  verdicts: {
    verified: 'Belegt: Die Textstelle sagt das.',
    unverified: 'Nicht belegt: Die Textstelle zeigt das nicht.',
    contradicted: 'Widerlegt: Eine Zahl oder ein „nicht“ ist in Textstelle und Satz verschieden.',
  },
  page: (page) => `Seite ${page}`,
  pageShort: (page) => `S. ${page}`,
  recognised: 'im Bild erkannter Text, kann stellenweise falsch sein',
  passage: 'Textstelle',
  loading: 'Der umgebende Text wird geladen…',
  gone: 'Das Dokument ist nicht mehr in diesem Gespräch. So wurde die Textstelle zitiert.',
  replaced: 'Das Dokument hat seither eine andere Fassung. So wurde die Textstelle zitiert.',
  unplaced: 'So wurde die Textstelle zitiert.',
  cited: 'zitiert',
  notCited: 'gefunden, nicht zitiert',
  footnote: (number) => `Fußnote ${number}`,
  imported: 'Zitiert, wo es importiert wurde',
  backFromFootnote: (number) => `Zurück von Fußnote ${number}`,
};
