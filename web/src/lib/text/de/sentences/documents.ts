import type { Sentences } from '../../sentence-patterns.ts';
import { documents as forms, passages } from '../nouns.ts';
import { counted, figure } from './numbers.ts';

const kinds = 'PDF, Word, PowerPoint, Excel, OpenDocument, EPUB, HTML, Markdown, CSV oder Text';

/** Uploading, keeping and moving documents, and how far they are read. */
export const documents: Sentences = {
  'This document does not exist.': 'Dieses Dokument gibt es nicht.',
  'This document does not exist, or cannot be restored any more.':
    'Dieses Dokument gibt es nicht, oder es lässt sich nicht mehr wiederherstellen.',
  'One of document_ids is no document of this conversation.':
    'Eines der gewählten Dokumente gehört nicht zu diesem Gespräch.',
  'One of these documents is not in this conversation.':
    'Eines dieser Dokumente ist nicht in diesem Gespräch.',
  'keep_documents_in names the conversation that is to be deleted: name another one.':
    'Die Dokumente sollen in das Gespräch, das gelöscht wird: Wählen Sie ein anderes.',
  'A conversation holds at most {#} documents: delete some and try again.': (n) =>
    `Ein Gespräch fasst höchstens ${counted(n, forms)}: Löschen Sie einige, dann versuchen Sie es noch einmal.`,
  'A conversation holds at most {#} documents: nothing was moved or deleted.': (n) =>
    `Ein Gespräch fasst höchstens ${counted(n, forms)}: Es wurde nichts verschoben und nichts gelöscht.`,
  'This account holds at most {#} documents: delete some and try again.': (n) =>
    `Dieses Konto fasst höchstens ${counted(n, forms)}: Löschen Sie einige, dann versuchen Sie es noch einmal.`,
  'This account holds at most {#} MB of documents: delete some and try again.': (n) =>
    `Dieses Konto fasst höchstens ${figure(n)} MB an Dokumenten: Löschen Sie einige, dann versuchen Sie es noch einmal.`,
  'This account holds at most {#} MB of documents, and what was deleted takes room until it is erased: delete some and try again.':
    (n) =>
      `Dieses Konto fasst höchstens ${figure(n)} MB an Dokumenten, und Gelöschtes braucht Platz, bis es endgültig entfernt ist: Löschen Sie einige, dann versuchen Sie es später noch einmal.`,
  'At most {#} uploads at once: wait for one to end.': (n) =>
    `Höchstens ${counted(n, { one: 'Upload', other: 'Uploads' })} auf einmal: Warten Sie, bis einer fertig ist.`,
  'This is too much at once: wait for an import to end.':
    'Das ist zu viel auf einmal: Warten Sie, bis ein Import fertig ist.',
  'There is no room for this: delete documents first.': 'Dafür ist kein Platz: Löschen Sie zuerst Dokumente.',
  'The file is larger than {#} MB, the limit here.': (n) =>
    `Die Datei ist größer als ${figure(n)} MB, die Grenze hier.`,
  'The files are larger than {#} GB.': (n) => `Die Dateien sind zusammen größer als ${figure(n)} GB.`,
  'The file is too large.': 'Die Datei ist zu groß.',
  'Too many files in one upload.':
    'Das sind zu viele Dateien auf einmal: Laden Sie sie in mehreren Schritten hoch.',
  'Name the conversation before files of this size.':
    'Bei so großen Dateien muss das Gespräch vor ihnen genannt sein.',
  [`"{}" is not of a type that can be read here: use PDF, Word, PowerPoint, Excel, OpenDocument, EPUB, HTML, Markdown, CSV or text.`]:
    (name) => `„${name}“ ist von einer Art, die hier nicht gelesen wird: Nehmen Sie ${kinds}.`,
  [`"{}" is not of a type that can be read here: use PDF, Word, PowerPoint, Excel, OpenDocument, EPUB, HTML, Markdown, CSV or text, or a picture.`]:
    (name) => `„${name}“ ist von einer Art, die hier nicht gelesen wird: Nehmen Sie ${kinds} oder ein Bild.`,
  '"{}" is a picture, which only text recognition could read. {sentence}': (name, why) =>
    `„${name}“ ist ein Bild, das nur Texterkennung lesen könnte. ${why}`,
  '"{}" is a picture, which only text recognition could read.': (name) =>
    `„${name}“ ist ein Bild, das nur Texterkennung lesen könnte.`,
  'One file takes the place of a document.': 'Ein Dokument wird durch genau eine Datei ersetzt.',
  'The original of this document is missing or cannot be read on this server: upload the file again.':
    'Die gespeicherte Datei dieses Dokuments fehlt oder lässt sich auf diesem Server nicht lesen: Laden Sie sie noch einmal hoch.',
  'The storage is full: the file was not kept. Free some space and try again.':
    'Der Speicher ist voll: Die Datei wurde nicht behalten. Schaffen Sie Platz, dann versuchen Sie es noch einmal.',
  'The storage is full: nothing was changed. Free some space and try again.':
    'Der Speicher ist voll: Es wurde nichts geändert. Schaffen Sie Platz, dann versuchen Sie es noch einmal.',
  'The storage of the original files does not answer: nothing is lost, try again in a moment.':
    'Der Speicher der Dateien antwortet nicht: Es ist nichts verloren, versuchen Sie es gleich noch einmal.',

  'The page is larger than a document may be.': 'Die Seite ist größer, als ein Dokument sein darf.',
  'The page could not be fetched: it answered with status {#}.': (status) =>
    `Die Seite ließ sich nicht holen: Sie antwortete mit dem Status ${status}.`,
  'The page could not be fetched: it redirects too often.':
    'Die Seite ließ sich nicht holen: Sie leitet zu oft weiter.',
  'The page could not be fetched: it took too long.': 'Die Seite ließ sich nicht holen: Es dauerte zu lange.',
  'The page could not be fetched: there is no such host.':
    'Die Seite ließ sich nicht holen: Diesen Server gibt es nicht. Prüfen Sie die Adresse.',
  'The page could not be fetched: the connection failed.':
    'Die Seite ließ sich nicht holen: Die Verbindung kam nicht zustande.',
  'The page could not be fetched: it is packed in an unknown way.':
    'Die Seite ließ sich nicht holen: Sie ist auf unbekannte Weise gepackt.',
  'This address cannot be fetched: it is not an address.':
    'Von dieser Adresse lässt sich nichts holen: Sie ist keine Adresse.',
  'This address cannot be fetched: it does not begin with http:// or https://.':
    'Von dieser Adresse lässt sich nichts holen: Sie beginnt nicht mit http:// oder https://.',
  'This address cannot be fetched: it has a name or password in it.':
    'Von dieser Adresse lässt sich nichts holen: Sie enthält einen Namen oder ein Passwort.',
  'This address cannot be fetched: it leads to an address that is not on the public Internet.':
    'Von dieser Adresse lässt sich nichts holen: Sie führt nicht ins öffentliche Internet.',

  'waiting for its turn': 'wartet, bis es an der Reihe ist',
  'waiting until the storage answers again': 'wartet, bis der Speicher wieder antwortet',
  'waiting until the storage has room again': 'wartet, bis im Speicher wieder Platz ist',
  'will be tried again: {sentence}': (why) => `wird noch einmal versucht: ${why}`,
  'reading the file': 'die Datei wird gelesen',
  reading: 'wird gelesen',
  'page {#} of {#}': (page, all) => `Seite ${figure(page)} von ${figure(all)}`,
  'recognising text, picture {#} of {#}': (picture, all) =>
    `Texterkennung, Bild ${figure(picture)} von ${figure(all)}`,
  '{#} passages': (n) => counted(n, passages),
  'new vectors: {#} %': (n) => `wird für die Suche nach Bedeutung vorbereitet: ${n} %`,
  'Something unexpected went wrong while reading this file.':
    'Beim Lesen dieser Datei ist etwas Unerwartetes schiefgegangen.',
  'Reading this file ended the worker several times: it is left alone.':
    'Diese Datei zu lesen ist mehrmals abgestürzt: Sie wird nicht noch einmal versucht.',
};
