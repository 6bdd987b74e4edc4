import type { Sentences } from '../../sentence-patterns.ts';
import { counted, figure, seconds } from './numbers.ts';

/** What is said of any request, whatever it asks for. */
export const requests: Sentences = {
  'The server cannot be reached.': 'Der Server ist nicht zu erreichen.',
  'The server answered with status {#}.': (status) => `Der Server antwortete mit dem Status ${status}.`,
  'The server did not answer with JSON.': 'Der Server hat nicht mit JSON geantwortet.',
  'The server did not answer with an event stream.': 'Der Server hat nicht mit einem Datenstrom geantwortet.',
  'The server ended the answer before it began.': 'Der Server hat die Antwort beendet, bevor sie begann.',
  'The answer ended without its last event.': 'Die Antwort brach vor ihrem Ende ab.',
  'The server sent an event that is not JSON.': 'Der Server hat etwas gesendet, das kein JSON ist.',
  'The server told nothing of this document.': 'Der Server hat nichts über dieses Dokument gesagt.',

  'Something unexpected went wrong here; the request id tells the operator where.':
    'Auf dem Server ist etwas Unerwartetes schiefgegangen; wer ihn betreibt, findet es im Protokoll.',
  'The database cannot be reached right now; try again in a few seconds.':
    'Die Datenbank ist gerade nicht zu erreichen; versuchen Sie es in einigen Sekunden noch einmal.',
  'The database was busy with a conflicting change; try again.':
    'Die Datenbank war mit einer anderen Änderung beschäftigt; versuchen Sie es noch einmal.',
  'This server is stopping: try again, another one answers.':
    'Dieser Server wird angehalten: Versuchen Sie es noch einmal, ein anderer antwortet.',
  'Too many requests: at most {#} in this time. Try again in {#} s.': (most, wait) =>
    `Das waren zu viele Anfragen, erlaubt sind hier ${figure(most)}: Versuchen Sie es in ${counted(wait, seconds)} noch einmal.`,
  'Too many such requests at once: try again in a moment.':
    'Das sind zu viele solche Anfragen auf einmal: Versuchen Sie es gleich noch einmal.',
  'There are {#} event streams of yours already: close one first.': (n) =>
    `Sie haben Alcove schon ${figure(n)}-mal offen: Schließen Sie zuerst eines der Fenster.`,
  'The caller went away.': 'Die Verbindung wurde getrennt.',
  'This server does not answer to that host name: add it to ALLOWED_HOSTS.':
    'Auf diesen Namen antwortet der Server nicht: Wer ihn betreibt, trägt ihn bei ALLOWED_HOSTS ein.',
  'There is nothing at {} {}.': (method, path) => `Unter ${method} ${path} ist nichts.`,

  'The request is not valid.': 'Die Anfrage ist nicht gültig.',
  'The request is not valid: {sentence}.': (why) => `Die Anfrage ist nicht gültig: ${why}.`,
  'The request is not valid: {sentence}': (why) => `Die Anfrage ist nicht gültig: ${why}`,
  'The request is not valid at "{}": {sentence}.': (field, why) => `„${field}“ ist nicht gültig: ${why}.`,
  'The request is not valid at "{}": {sentence}': (field, why) => `„${field}“ ist nicht gültig: ${why}`,
  'The field "{}" holds a NUL character, which cannot be kept.': (field) =>
    `„${field}“ enthält ein NUL-Zeichen, das nicht gespeichert werden kann: Entfernen Sie es.`,
  'The field "{}" holds a lone surrogate, which cannot be kept.': (field) =>
    `„${field}“ enthält ein halbes Zeichen (Surrogat), das nicht gespeichert werden kann: Entfernen Sie es.`,
  'The cursor is not one of this list: start again without it.':
    'An dieser Stelle geht die Liste nicht weiter: Beginnen Sie sie von vorn.',
  'The query is not valid percent-encoded UTF-8.':
    'Die Adresse enthält Zeichen, die kein gültiges UTF-8 sind.',
  'message_metadata is nested deeper than {#} levels.': (n) =>
    `message_metadata ist tiefer als ${figure(n)} Ebenen verschachtelt.`,
  'message_metadata is larger than 256 KiB.': 'message_metadata ist größer als 256 KiB.',

  'The body is larger than 1 MB: send long texts as documents.':
    'Das ist größer als 1 MB: Fügen Sie lange Texte als Dokumente hinzu.',
  'Send the body as application/json.': 'Der Inhalt muss als application/json gesendet werden.',
  'The body is not as long as Content-Length says.': 'Der Inhalt ist nicht so lang, wie Content-Length sagt.',
  'The body is empty: send JSON.': 'Der Inhalt ist leer: Senden Sie JSON.',
  'The body is not valid UTF-8.': 'Der Inhalt ist kein gültiges UTF-8.',
  'The body is not valid JSON.': 'Der Inhalt ist kein gültiges JSON.',
  'The JSON is nested deeper than {#} levels.': (n) =>
    `Das JSON ist tiefer als ${figure(n)} Ebenen verschachtelt.`,
  'The JSON has more than {#} members.': (n) => `Das JSON hat mehr als ${figure(n)} Einträge.`,
  'Send files as multipart/form-data.': 'Dateien müssen als multipart/form-data gesendet werden.',
  'Send the files as multipart/form-data, in the field "file".':
    'Dateien müssen als multipart/form-data im Feld „file“ gesendet werden.',
  'Send files as multipart/form-data with the fields "conversationId" and "file".':
    'Dateien müssen als multipart/form-data mit den Feldern „conversationId“ und „file“ gesendet werden.',
  'Send the field "{}" as text.': (field) => `Das Feld „${field}“ muss als Text gesendet werden.`,
  'Send the field "{}" as a file.': (field) => `Das Feld „${field}“ muss als Datei gesendet werden.`,
  'Too many parts in one upload.': 'Das sind zu viele Teile auf einmal.',
  'Too many fields in one upload.': 'Das sind zu viele Felder auf einmal.',
  'The upload ended before its end.': 'Das Hochladen brach ab: Versuchen Sie es noch einmal.',
  'The upload is not valid multipart/form-data, or it was cut off.':
    'Das Hochladen brach ab, oder es war nicht gültig: Versuchen Sie es noch einmal.',
  'The upload holds no file: send one in the field "file".':
    'Es wurde keine Datei gesendet: Wählen Sie eine.',
  'The upload names two conversations.': 'Das Hochladen nennt zwei Gespräche.',
  'No conversation ID provided': 'Es fehlt, zu welchem Gespräch das gehört.',
  'The conversation ID is not a UUID.': 'Die Kennung des Gesprächs ist keine UUID.',

  'An Idempotency-Key has 1 to 255 printable ASCII characters.':
    'Ein Idempotency-Key hat 1 bis 255 druckbare ASCII-Zeichen.',
  'The first request with this Idempotency-Key is still at work: try again.':
    'Dieselbe Anfrage ist noch in Arbeit: Versuchen Sie es gleich noch einmal.',
  'Another request with this Idempotency-Key has taken over.':
    'Dieselbe Anfrage wurde noch einmal gestellt und hat diese abgelöst.',
  'What this Idempotency-Key was used for does not exist any more.':
    'Was mit dieser Anfrage schon gemacht wurde, gibt es nicht mehr.',
  'This Idempotency-Key was used with another request.':
    'Dieser Idempotency-Key gehört zu einer anderen Anfrage.',
  'Too many Idempotency-Keys within a day: at most {#}, with {#} MB of answers. Send this one without, or later.':
    (most, size) =>
      `Das sind zu viele Anfragen mit Idempotency-Key an einem Tag, höchstens ${figure(most)} mit ${figure(size)} MB an Antworten: Versuchen Sie es später noch einmal.`,

  'MCP is served here by POST alone, without sessions.': 'MCP gibt es hier nur mit POST, ohne Sitzungen.',
  'There is no such model: a model here is "conv:" and the id of a conversation, as GET /v1/models lists them.':
    'Dieses Modell gibt es nicht: Ein Modell ist hier „conv:“ mit der Kennung eines Gesprächs, wie GET /v1/models sie nennt.',
  'This needs the METRICS_TOKEN as a bearer token.': 'Dafür braucht es den METRICS_TOKEN als Schlüssel.',
  'Set METRICS_TOKEN to have metrics on an address that others reach.':
    'Messwerte gibt es auf einer Adresse, die andere erreichen, nur mit METRICS_TOKEN.',
};
