import type { Sentences } from '../../sentence-patterns.ts';
import { documents, inDocuments, messages, passages } from '../nouns.ts';
import { answers, counted, figure, files, isOne, tokens } from './numbers.ts';

/** What a document is doing, in a sentence that says so. */
const states: Readonly<Record<string, string>> = {
  queued: 'wartet noch',
  extracting: 'wird noch gelesen',
  chunking: 'wird noch gelesen',
  embedding: 'wird noch gelesen',
  ready: 'ist schon gelesen',
  failed: 'ließ sich nicht lesen',
  cancelled: 'wurde nicht gelesen',
};
const stateOf = (status: string): string => states[status] ?? `ist im Zustand „${status}“`;
const ofTurns = { one: 'früheren Nachricht', other: 'früheren Nachrichten' };

/** Conversations, questions and their answers, and what is shared of them. */
export const conversations: Sentences = {
  'This conversation does not exist.': 'Dieses Gespräch gibt es nicht.',
  'This conversation was deleted.': 'Dieses Gespräch wurde gelöscht.',
  'This conversation belongs to somebody else.': 'Dieses Gespräch gehört jemand anderem.',
  'This message does not exist.': 'Diese Nachricht gibt es nicht.',
  'This message does not exist in this conversation.': 'Diese Nachricht gibt es in diesem Gespräch nicht.',
  'The parent message does not exist in this conversation.':
    'Die Nachricht, auf die diese folgen soll, gibt es in diesem Gespräch nicht.',
  'This project does not exist.': 'Dieses Projekt gibt es nicht.',
  'This template does not exist.': 'Diese Vorlage gibt es nicht.',
  'A built-in template cannot be changed: make one of your own.':
    'Eine mitgelieferte Vorlage lässt sich nicht ändern: Machen Sie eine eigene.',
  'Give the new title as ?title= or in the body.': 'Der neue Titel fehlt.',

  'Name one of before, after and around; branch goes with before alone.':
    'Nennen Sie eines von before, after und around; branch gehört nur zu before.',

  'There is no question here that could be answered again.':
    'Hier ist keine Frage, die noch einmal beantwortet werden könnte.',
  'Only a question, or the answer to one, can be answered again.':
    'Nur eine Frage, oder die Antwort darauf, kann noch einmal beantwortet werden.',
  'Another message came in just now: read it, then ask again.':
    'Gerade kam eine andere Nachricht an: Lesen Sie sie, dann fragen Sie noch einmal.',
  'This chat was begun just now: ask again.': 'Dieses Gespräch hat gerade begonnen: Fragen Sie noch einmal.',
  '{#} answers are being written for you already: wait for one, or stop it.': (n) =>
    `Für Sie ${isOne(n) ? 'wird' : 'werden'} schon ${counted(n, answers)} geschrieben: Warten Sie auf eine, oder halten Sie sie an.`,
  'An answer is still being written here: wait for it or stop it, then ask again.':
    'Hier wird noch eine Antwort geschrieben: Warten Sie darauf, oder halten Sie sie an, dann fragen Sie noch einmal.',
  'This answer is still being written: wait for it or stop it.':
    'Diese Antwort wird noch geschrieben: Warten Sie darauf, oder halten Sie sie an.',
  'This answer was taken over or deleted elsewhere.':
    'Diese Antwort wurde anderswo übernommen oder gelöscht.',
  'The answer is still being written: read it at /messages/{id}/stream.':
    'Die Antwort wird noch geschrieben: Sehen Sie gleich noch einmal nach.',
  'Only an answer has a stream.': 'Mitlesen lässt sich nur eine Antwort.',
  'Only an answer can be rated.': 'Bewerten lässt sich nur eine Antwort.',
  'This message has no trace: only a finished answer has.':
    'Zu dieser Nachricht ist nicht aufgezeichnet, wie sie entstand: Das gibt es nur bei fertigen Antworten.',
  'A question has at least one character.': 'Eine Frage hat mindestens ein Zeichen.',
  'The server stopped while it wrote this answer: what came is kept. Ask again to go on.':
    'Der Server wurde angehalten, während er diese Antwort schrieb: Was kam, bleibt. Fragen Sie noch einmal, um weiterzukommen.',
  'The answer took too long and was ended; what came is kept.':
    'Die Antwort dauerte zu lange und wurde beendet; was kam, bleibt.',
  'Something unexpected went wrong while answering; the question is kept.':
    'Beim Antworten ist etwas Unerwartetes schiefgegangen; die Frage bleibt.',

  'The answer reached the longest that the model may write here and ends early: ask it to go on.':
    'Die Antwort ist so lang geworden, wie das Modell hier schreiben darf, und bricht ab: Bitten Sie es, weiterzuschreiben.',
  "The provider's content filter ended the answer early.":
    'Der Inhaltsfilter des Anbieters hat die Antwort abgebrochen.',
  'No statement of this answer rests on your documents.':
    'Keine Aussage dieser Antwort beruht auf Ihren Dokumenten.',
  'Add a document to ask about.': 'Fügen Sie ein Dokument hinzu, nach dem Sie fragen.',
  'Add a document, or allow answers from general knowledge.':
    'Fügen Sie ein Dokument hinzu, oder lassen Sie Antworten aus Allgemeinwissen zu.',
  'Ask again in a moment: what is still being read may hold the answer.':
    'Fragen Sie gleich noch einmal: Was noch gelesen wird, enthält vielleicht die Antwort.',
  '{#} {} still being read and {} not searched.': (n) =>
    `${counted(n, documents)} ${isOne(n) ? 'wird' : 'werden'} noch gelesen und ${isOne(n) ? 'wurde' : 'wurden'} nicht durchsucht.`,
  '{#} documents are switched off for this conversation.': (n) =>
    `${counted(n, documents)} ${isOne(n) ? 'ist' : 'sind'} in diesem Gespräch ausgeschaltet.`,
  'The question was searched as it was asked: {sentence}': (why) =>
    `Gesucht wurde die Frage so, wie sie gestellt ist: ${why}`,
  'Without a language model only the last {#} questions before this one count: older messages are left out.':
    (n) =>
      `Ohne Sprachmodell ${isOne(n) ? 'zählt nur die letzte Frage' : `zählen nur die letzten ${figure(n)} Fragen`} vor dieser: Ältere Nachrichten bleiben weg.`,
  'The model was told the names of {#} of {#} documents; all of them were searched.': (told, all) =>
    `Dem Modell wurden die Namen von ${figure(told)} von ${counted(all, inDocuments)} genannt; durchsucht wurden alle.`,
  'The model saw the last {#} of {#} earlier messages.': (seen, all) =>
    `Das Modell sah die letzten ${figure(seen)} von ${counted(all, ofTurns)}.`,
  "{#} of {#} passages did not fit into the model's context window of {#} tokens.": (left, all, window) =>
    `${figure(left)} von ${counted(all, passages)} ${isOne(left) ? 'passte' : 'passten'} nicht in das Kontextfenster des Modells von ${counted(window, tokens)}.`,
  '"{}" is set to be read whole, but its {#} tokens are more than the {#} that are left of the model\'s window: its best passages were used.':
    (name, own, left) =>
      `„${name}“ soll als Ganzes gelesen werden, aber seine ${counted(own, tokens)} sind mehr als die ${figure(left)}, die im Fenster des Modells frei sind: Verwendet wurden seine besten Textstellen.`,
  '"{}" has {#} tokens, more than the {#} that are left of the model\'s window: the summary rests on {#} of its {#} passages, spread over the whole.':
    (name, own, left, used, all) =>
      `„${name}“ hat ${counted(own, tokens)}, mehr als die ${figure(left)}, die im Fenster des Modells frei sind: Die Zusammenfassung beruht auf ${figure(used)} seiner ${counted(all, passages)}, über das Ganze verteilt.`,
  '{#} passages scored below the reranking threshold and were left out.': (n) =>
    `${counted(n, passages)} ${isOne(n) ? 'lag' : 'lagen'} unter der Schwelle des Neuordnens und ${isOne(n) ? 'blieb' : 'blieben'} weg.`,
  '{#} documents have no vectors of the embedding model in use yet; keyword search covers them.': (n) =>
    `${counted(n, documents)} ${isOne(n) ? 'ist' : 'sind'} noch nicht für die Suche nach Bedeutung vorbereitet; die Suche nach Worten findet ${isOne(n) ? 'es' : 'sie'}.`,
  'Reranking failed and the order of the search was kept: {sentence}': (why) =>
    `Das Neuordnen ist gescheitert, und die Reihenfolge der Suche blieb: ${why}`,
  'Semantic search failed and only keyword search ran: {sentence}': (why) =>
    `Die Suche nach Bedeutung ist gescheitert, gesucht wurde nur nach Worten: ${why}`,

  'This document is {}: its text is not there.': (status) =>
    `Dieses Dokument ${stateOf(status)}: Sein Text ist nicht da.`,
  'This document is {}: only a failed or cancelled one can be read again.': (status) =>
    `Dieses Dokument ${stateOf(status)}: Noch einmal lesen lässt sich nur, was scheiterte oder abgebrochen wurde.`,
  'This document is {} already.': (status) => `Dieses Dokument ${stateOf(status)}.`,
  'This document is not read yet: try again later.':
    'Dieses Dokument ist noch nicht gelesen: Versuchen Sie es später noch einmal.',

  'There is nothing to share: the conversation has no message.':
    'Es gibt nichts zu teilen: Das Gespräch hat keine Nachricht.',
  'At most {#} messages can be shared: choose an earlier one.': (n) =>
    `Höchstens ${counted(n, messages)} ${isOne(n) ? 'lässt' : 'lassen'} sich teilen: Wählen Sie eine frühere als letzte.`,
  'The conversation is too long to be shared as a whole.':
    'Das Gespräch ist zu lang, um als Ganzes geteilt zu werden: Teilen Sie es bis zu einer früheren Nachricht.',
  'This share does not exist.': 'Diesen geteilten Link gibt es nicht.',
  'This link does not exist, or it has ended.': 'Diesen Link gibt es nicht, oder er ist beendet.',
  'This link needs a password: send it as X-Share-Password.':
    'Dieser Link verlangt ein Passwort: Geben Sie es ein.',
  'The password of this link is wrong.': 'Das Passwort dieses Links ist falsch.',
  'This link is to read: continue it as a copy of your own.':
    'Dieser Link ist nur zum Lesen: Setzen Sie das Gespräch als Ihr eigenes fort.',
  'This is your own conversation: write in it directly.':
    'Das ist Ihr eigenes Gespräch: Schreiben Sie direkt hinein.',
  'The link would have expired already.': 'Der Link wäre schon abgelaufen: Wählen Sie einen späteren Tag.',
  'To take part is for one person (recipient), and in the conversation as it is (no leaf_id).':
    'Teilnehmen kann nur eine bestimmte Person, und nur am Gespräch, wie es ist: Geben Sie ihre E-Mail-Adresse an.',

  '"has:{}" is no filter: has: takes document.': (given) =>
    `„has:${given}“ ist kein Filter: Nach has: steht document.`,
  '"in:{}" is no filter: in: takes title, message or document.': (given) =>
    `„in:${given}“ ist kein Filter: Nach in: steht title, message oder document.`,
  '"from:{}" is no filter: from: takes user, assistant or system.': (given) =>
    `„from:${given}“ ist kein Filter: Nach from: steht user, assistant oder system.`,
  '"{}" is no filter: {}: takes a day such as 2026-01-31.': (filter, name) =>
    `„${filter}“ ist kein Filter: Nach ${name}: steht ein Tag wie 2026-01-31.`,
  'has: takes document': 'nach has: steht document',
  'in: takes title, message or document': 'nach in: steht title, message oder document',
  'from: takes user, assistant or system': 'nach from: steht user, assistant oder system',
  '{}: takes a day such as 2026-01-31': (name) => `nach ${name}: steht ein Tag wie 2026-01-31`,

  'A message has at most {#} files.': (n) => `Eine Nachricht hat höchstens ${counted(n, files)}.`,
  'The last user message holds no text.': 'Die letzte Frage hat keinen Text.',
  'A question has at most {#} characters.': (n) =>
    `Eine Frage hat höchstens ${figure(n)} Zeichen: Kürzen Sie sie.`,
  'A file of a message comes as a data URL.': 'Die Datei einer Nachricht kommt als Data-URL.',
  'A file of a message is not a valid data URL.': 'Die Datei einer Nachricht ist keine gültige Data-URL.',
};
