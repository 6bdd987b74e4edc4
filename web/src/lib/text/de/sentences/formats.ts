import type { Sentences } from '../../sentence-patterns.ts';
import { messages, pages } from '../nouns.ts';
import { counted, figure, isOne, parts, seconds } from './numbers.ts';

const simpler =
  'Teilen Sie es, oder speichern Sie es in einer einfacheren Form, dann laden Sie das Ergebnis hoch.';
const anew = 'Teilen Sie es, oder speichern Sie es neu, dann laden Sie das Ergebnis hoch.';
const resave =
  'Öffnen Sie es mit seinem eigenen Programm, speichern Sie es neu, und laden Sie die neue Datei hoch.';
const split = 'Teilen Sie es, und laden Sie die Teile hoch.';
const mistakes = 'Texterkennung macht Fehler: Vergleichen Sie Namen und Zahlen mit dem Bild.';

/** Why a document could not be read, or not all of it. */
export const formats: Sentences = {
  'The document takes longer than {#} seconds to read. Split it or save it in a simpler form, and upload the result.':
    (n) => `Das Dokument zu lesen dauert länger als ${counted(n, seconds)}. ${simpler}`,
  'The document needs more memory than is allowed. Split it or save it in a simpler form, and upload the result.': `Das Dokument braucht mehr Arbeitsspeicher, als erlaubt ist. ${simpler}`,
  'The document needs more time or memory than is allowed. Split it or save it in a simpler form, and upload the result.': `Das Dokument braucht mehr Zeit oder Arbeitsspeicher, als erlaubt ist. ${simpler}`,
  'The document holds a part that takes too long to read. Split it or save it in a simpler form, and upload the result.': `Das Dokument enthält einen Teil, den zu lesen zu lange dauert. ${simpler}`,
  'The document unfolds into too much text. Split it or save it in a simpler form, and upload the result.': `Das Dokument entfaltet sich zu zu viel Text. ${simpler}`,
  'The document holds {#} parts, more than the {#} that are read. Split it or save it anew, and upload the result.':
    (n, most) =>
      `Das Dokument hat ${counted(n, parts)}, mehr als die ${figure(most)}, die gelesen werden. ${anew}`,
  'The document unpacks to more than 200 MB. Split it or save it anew, and upload the result.': `Das Dokument ist ausgepackt größer als 200 MB. ${anew}`,
  'The document unpacks to far more than its own size. Split it or save it anew, and upload the result.': `Das Dokument ist ausgepackt um ein Vielfaches größer als seine Datei. ${anew}`,
  'The document holds more than {#} million characters of text. Split it and upload the parts.': (n) =>
    `Das Dokument hat mehr als ${counted(n, { one: 'Million', other: 'Millionen' })} Zeichen Text. ${split}`,
  'The document is nested too deeply. Save it anew in a simpler form.':
    'Das Dokument ist zu tief verschachtelt. Speichern Sie es neu in einer einfacheren Form.',
  'The document holds no text. Check that it is the right file and upload it again.':
    'Das Dokument enthält keinen Text. Prüfen Sie, ob es die richtige Datei ist, und laden Sie sie noch einmal hoch.',
  'The document has no content. Open it in its own program, save it again and upload the new file.': `Das Dokument hat keinen Inhalt. ${resave}`,
  'A part of the document is missing. Open it in its own program, save it again and upload the new file.': `Ein Teil des Dokuments fehlt. ${resave}`,
  'The document is damaged or was not uploaded completely. Open it in its own program, save it again and upload the new file.': `Das Dokument ist beschädigt oder wurde nicht ganz hochgeladen. ${resave}`,
  'The document is damaged and cannot be read. Open it in its own program, save it again and upload the new file.': `Das Dokument ist beschädigt und lässt sich nicht lesen. ${resave}`,
  'The document declares XML entities, which no office program writes. Open it in its own program, save it again and upload the new file.': `Das Dokument vereinbart XML-Entitäten, wie sie kein Büroprogramm schreibt. ${resave}`,
  'The document is protected by a password. Remove the password and upload it again.':
    'Das Dokument ist durch ein Passwort geschützt. Entfernen Sie das Passwort, und laden Sie es noch einmal hoch.',
  'The reader of this format could not be started here.':
    'Was dieses Format liest, ließ sich hier nicht starten: Sagen Sie es der Verwaltung dieses Servers.',
  'This type of document cannot be read. Save it as PDF or text and upload that.':
    'Dokumente dieser Art lassen sich nicht lesen. Speichern Sie es als PDF oder Text, und laden Sie das hoch.',
  'Files of Office 97 to 2003 (.doc, .xls, .ppt) are not supported. Save it as .docx, .xlsx, .pptx or PDF and upload that.':
    'Dateien von Office 97 bis 2003 (.doc, .xls, .ppt) werden nicht gelesen. Speichern Sie es als .docx, .xlsx, .pptx oder PDF, und laden Sie das hoch.',

  'The PDF is protected by a password. Remove the password and upload it again.':
    'Das PDF ist durch ein Passwort geschützt. Entfernen Sie das Passwort, und laden Sie es noch einmal hoch.',
  'The PDF is damaged and cannot be read. Open it in a PDF reader, save it again and upload the new file.':
    'Das PDF ist beschädigt und lässt sich nicht lesen. Öffnen Sie es mit einem PDF-Programm, speichern Sie es neu, und laden Sie die neue Datei hoch.',
  'The PDF has {#} pages, more than the {#} that are read. Split it and upload the parts.': (n, most) =>
    `Das PDF hat ${counted(n, pages)}, mehr als die ${figure(most)}, die gelesen werden. ${split}`,
  'The presentation has {#} pages, more than the {#} that are read. Split it and upload the parts.': (
    n,
    most,
  ) =>
    `Die Präsentation hat ${counted(n, { one: 'Folie', other: 'Folien' })}, mehr als die ${figure(most)}, die gelesen werden. Teilen Sie sie, und laden Sie die Teile hoch.`,
  'The workbook has {#} pages, more than the {#} that are read. Split it and upload the parts.': (n, most) =>
    `Die Arbeitsmappe hat ${counted(n, { one: 'Blatt', other: 'Blätter' })}, mehr als die ${figure(most)}, die gelesen werden. Teilen Sie sie, und laden Sie die Teile hoch.`,
  'The text has {#} pages, more than the {#} that are read. Split it and upload the parts.': (n, most) =>
    `Der Text hat ${counted(n, pages)}, mehr als die ${figure(most)}, die gelesen werden. Teilen Sie ihn, und laden Sie die Teile hoch.`,
  'Page {#} of the PDF holds too many pieces of text to read. Print it to a new PDF and upload that.': (
    page,
  ) =>
    `Seite ${figure(page)} des PDF besteht aus zu vielen Textstücken. Drucken Sie es in ein neues PDF, und laden Sie das hoch.`,
  'The PDF holds pictures of pages, and no text was recognised in them. Upload a sharper scan, or the text itself.':
    'Das PDF besteht aus Bildern von Seiten, und in ihnen wurde kein Text erkannt. Laden Sie einen schärferen Scan hoch, oder den Text selbst.',
  'The PDF holds pictures of pages but no text. Run text recognition (OCR) on it and upload the result.':
    'Das PDF besteht aus Bildern von Seiten, ohne Text. Lassen Sie eine Texterkennung (OCR) darüber laufen, und laden Sie das Ergebnis hoch.',
  'The book is protected against copying. Upload an edition without copy protection.':
    'Das Buch ist gegen Kopieren geschützt. Laden Sie eine Ausgabe ohne Kopierschutz hoch.',
  'The book has no table of its parts and cannot be read. Convert it anew and upload the result.':
    'Dem Buch fehlt das Verzeichnis seiner Teile, es lässt sich nicht lesen. Wandeln Sie es neu um, und laden Sie das Ergebnis hoch.',
  'The workbook has no sheets. Open it in Excel, save it again and upload the new file.':
    'Die Arbeitsmappe hat keine Blätter. Öffnen Sie sie in Excel, speichern Sie sie neu, und laden Sie die neue Datei hoch.',
  'The e-mail has too many parts, headers or lines. Save the texts that matter as files of their own.':
    'Die E-Mail hat zu viele Teile, Kopfzeilen oder Zeilen. Speichern Sie die Texte, auf die es ankommt, als eigene Dateien.',

  'A picture is read by text recognition (OCR), which is not installed here. Run it elsewhere and upload the result.':
    'Ein Bild wird durch Texterkennung (OCR) gelesen, und die ist hier nicht eingerichtet. Erkennen Sie den Text anderswo, und laden Sie das Ergebnis hoch.',
  'No text was recognised in the picture. Upload a sharper one, or the text itself.':
    'In dem Bild wurde kein Text erkannt. Laden Sie ein schärferes hoch, oder den Text selbst.',
  'The text of a picture could not be recognised here. Run text recognition (OCR) on it elsewhere and upload the result.':
    'Der Text eines Bildes ließ sich hier nicht erkennen. Erkennen Sie ihn anderswo (OCR), und laden Sie das Ergebnis hoch.',
  'Text recognition is switched off (OCR=off).': 'Die Texterkennung ist ausgeschaltet (OCR=off).',
  'Text recognition is not installed: install {}.': (names) =>
    `Die Texterkennung ist nicht eingerichtet: Wer den Server betreibt, installiert dafür ${names.replaceAll(' and ', ' und ')}.`,
  'Text recognition knows no {}: install tesseract-ocr-{}, or change OCR_LANGUAGES.': (languages, first) =>
    `Die Texterkennung kennt ${languages.replaceAll(' and ', ' und ')} nicht: Installieren Sie tesseract-ocr-${first}, oder ändern Sie OCR_LANGUAGES.`,
  'Text recognition is off, because its programs cannot be kept from the files of this machine: allow user name spaces, or set OCR=on.':
    'Die Texterkennung ist aus, weil ihre Programme nicht von den Dateien dieses Rechners ferngehalten werden können: Erlauben Sie User Namespaces, oder setzen Sie OCR=on.',
  'Page {#} is read by text recognition, which makes mistakes: compare names and numbers with the picture.': (
    page,
  ) => `Seite ${figure(page)} ist durch Texterkennung gelesen. ${mistakes}`,
  '{#} pages are read by text recognition, which makes mistakes: compare names and numbers with the picture.':
    (n) => `${counted(n, pages)} ${isOne(n) ? 'ist' : 'sind'} durch Texterkennung gelesen. ${mistakes}`,

  'Page {#} is without text: blank or only a picture.': (page) =>
    `Seite ${page} ist ohne Text: leer oder nur ein Bild.`,
  'Pages {} are without text: blank or only a picture.': (list) =>
    `Die Seiten ${list} sind ohne Text: leer oder nur ein Bild.`,
  'Pages {} and more are without text: blank or only a picture.': (list) =>
    `Die Seiten ${list} und weitere sind ohne Text: leer oder nur ein Bild.`,
  'Page {#} is damaged and left out.': (page) => `Seite ${page} ist beschädigt und fehlt.`,
  'Pages {} are damaged and left out.': (list) => `Die Seiten ${list} sind beschädigt und fehlen.`,
  'Pages {} and more are damaged and left out.': (list) =>
    `Die Seiten ${list} und weitere sind beschädigt und fehlen.`,
  'Slide {#} is missing in the file.': (n) => `Folie ${figure(n)} fehlt in der Datei.`,
  'Sheet {#} is missing in the file.': (n) => `Blatt ${figure(n)} fehlt in der Datei.`,
  'Chapter {#} is missing in the file.': (n) => `Kapitel ${figure(n)} fehlt in der Datei.`,
  'Messages within messages were read ten deep.':
    'Nachrichten in Nachrichten wurden bis zur zehnten Ebene gelesen.',
  'The first {#} messages were read.': (n) =>
    `Gelesen ${isOne(n) ? 'wurde die erste Nachricht' : `wurden die ersten ${counted(n, messages)}`}.`,
  'Attachments were not read. Upload them as documents of their own.':
    'Anhänge wurden nicht gelesen. Laden Sie sie als eigene Dokumente hoch.',
  'Only the first {#} columns were read.': (n) =>
    `Gelesen ${isOne(n) ? 'wurde nur die erste Spalte' : `wurden nur die ersten ${figure(n)} Spalten`}.`,
  'The file does not say how its letters are encoded, and they were read as {}. If some look wrong, save it as UTF-8 and upload it again.':
    (encoding) =>
      `Die Datei sagt nicht, wie ihre Buchstaben kodiert sind; gelesen wurden sie als ${encoding}. Sehen einige falsch aus, speichern Sie sie als UTF-8, und laden Sie sie noch einmal hoch.`,
};
