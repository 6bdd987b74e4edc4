import type { organising as en } from '../en/organising.ts';
import { count, documents, messages, number } from './nouns.ts';

const items = { one: 'Eintrag', other: 'Einträge' };

export const organising: typeof en = {
  usual: 'Wie hier üblich',
  searching: 'Wie Textstellen gefunden werden',
  strategy: 'Gesucht',
  strategies: { rrf_fusion: 'Nach Sinn und nach Wörtern', vector: 'Nach Sinn', keyword: 'Nach Wörtern' },
  topK: 'Höchstens so viele Textstellen',
  writing: 'Wie Antworten geschrieben werden',
  model: 'Modell',
  usualModel: (id) => `Das des Servers (${id})`,
  temperature: 'Temperatur',
  temperatureHint: (most: number) => `0 ist am stetigsten, ${most} am vielfältigsten.`,
  longest: 'Längste Antwort, in Token',
  longestHint: 'Je etwa vier Zeichen.',

  project: {
    title: 'Projekt dieses Gesprächs',
    choose: 'Projekt',
    none: 'Kein Projekt',
    new: 'Ein neues Projekt…',
    newTitle: 'Neues Projekt',
    editTitle: 'Dieses Projekt ändern',
    name: 'Name',
    prompt: 'Anweisungen an das Modell',
    promptHint: 'Sie gehen mit jeder Frage in jedem Gespräch dieses Projekts mit.',
    delete: 'Projekt löschen',
    deleteHint: 'Seine Gespräche bleiben, in keinem Projekt.',
  },

  template: {
    heading: 'Mit einer Vorlage beginnen',
    own: 'Meine Vorlagen',
    builtIn: 'Mitgeliefert',
    start: 'Beginnen',
    startFrom: (name) => `Mit „${name}“ beginnen`,
    edit: 'Ändern',
    editOf: (name) => `„${name}“ ändern`,
    editTitle: 'Diese Vorlage ändern',
    newTitle: 'Als Vorlage speichern',
    newHint: 'Seine Einstellungen und Kopien seiner Dokumente werden zur Vorlage; seine Nachrichten nicht.',
    name: 'Name',
    description: 'Wofür sie ist',
    questions: 'Fragen für den Anfang',
    questionsHint: 'Eine je Zeile.',
    documents: (n) => count(n, { one: 'Startdokument', other: 'Startdokumente' }),
    openDocuments: 'Startdokumente',
    delete: 'Vorlage löschen',
    none: 'Sie haben noch keine eigenen Vorlagen: das Menü eines Gesprächs macht eine.',
  },

  export: {
    title: 'Dieses Gespräch exportieren',
    format: 'Als',
    formats: {
      markdown: 'Markdown (.md)',
      html: 'Seite (.html)',
      pdf: 'PDF',
      json: 'JSON, mit jedem Zweig',
      zip: 'Bündel mit den Dokumenten (.zip)',
    },
    save: 'Speichern',
    all: 'Alles exportieren',
    allHint: 'Ein Archiv mit jedem Gespräch und jedem Dokument dieses Kontos.',
  },

  import: {
    title: 'Import',
    hint: 'Exporte von hier und aus ChatGPT, Claude, Open WebUI, LibreChat, Chatbot UI und ShareGPT, als JSON oder Zip.',
    choose: 'Dateien für den Import wählen',
    dryRun: 'Nur ansehen, nichts behalten',
    running: (n) => `${count(n, items)} gelesen…`,
    done: (imported, extended, unchanged, failed) =>
      `${number.format(imported)} importiert, ${number.format(extended)} fortgesetzt, ${number.format(unchanged)} schon bekannt, ${number.format(failed)} gescheitert.`,
    looked: (readable, extended, unchanged, failed) =>
      `${number.format(readable)} ließen sich importieren, ${number.format(extended)} fortsetzen, ${number.format(unchanged)} sind schon bekannt, ${number.format(failed)} gescheitert. Es wurde nichts behalten.`,
    report: 'Bericht',
    item: 'Eintrag',
    outcome: 'Ergebnis',
    extent: 'Umfang',
    outcomes: {
      imported: 'importiert',
      readable: 'lässt sich importieren',
      extended: 'schon bekannt, mit neuen Nachrichten',
      unchanged: 'schon bekannt',
      failed: 'gescheitert',
    },
    untitled: 'ohne Titel',
    extentOf: (ofMessages, ofDocuments) =>
      `${count(ofMessages, messages)}${ofDocuments > 0 ? `, ${count(ofDocuments, documents)}` : ''}`,
    more: (n) => `und ${count(n, items)} weitere`,
  },
};
