import type { Sentences } from '../../sentence-patterns.ts';
import { characters, counted, figure, isOne } from './numbers.ts';

const types: Readonly<Record<string, string>> = {
  string: 'ein Text',
  number: 'eine Zahl',
  int: 'eine ganze Zahl',
  boolean: 'ja oder nein',
  array: 'eine Liste',
  object: 'ein Objekt',
  record: 'ein Objekt',
  date: 'ein Datum',
  undefined: 'nichts',
  null: 'nichts',
  NaN: 'keine Zahl',
};
const typeOf = (type: string): string => types[type] ?? type;
const items = { one: 'Eintrag', other: 'Einträge' };
/** Zod's words for alternatives: `"a"|"b"`. */
const oneOf = (list: string): string => list.replaceAll('"|"', '“, „').replaceAll('"', '');

/** What is wrong with one value of a request: behind its name, without a full stop. */
export const values: Sentences = {
  'see issues': 'siehe unten',
  'is missing': 'fehlt',
  'is not valid': 'ist nicht gültig',
  'is not configured': 'ist nicht eingerichtet',
  'is in the past': 'liegt in der Vergangenheit',
  'is not a UUID': 'ist keine UUID',
  'is not an address': 'ist keine Adresse',
  'does not begin with http:// or https://': 'beginnt nicht mit http:// oder https://',
  'has a name or password in it': 'enthält einen Namen oder ein Passwort',
  'leads to an address that is not on the public Internet': 'führt nicht ins öffentliche Internet',
  'has no text': 'hat keinen Text',
  'is no message of this conversation': 'ist keine Nachricht dieses Gesprächs',
  'is the conversation itself': 'ist das Gespräch selbst',
  'names a document that is not there': 'nennt ein Dokument, das nicht da ist',
  'names a document that is not in this conversation': 'nennt ein Dokument, das nicht in diesem Gespräch ist',
  'is not for access take_part': 'passt nicht zur Teilnahme',
  'holds a NUL character': 'enthält ein NUL-Zeichen',
  'holds a lone surrogate': 'enthält ein halbes Zeichen (Surrogat)',
  'must be at most {#}': (most) => `darf höchstens ${most} sein`,
  'is nested deeper than {#} levels': (n) => `ist tiefer als ${figure(n)} Ebenen verschachtelt`,
  'is larger than 256 KiB': 'ist größer als 256 KiB',
  'the last user message cannot be asked': 'die letzte Nachricht lässt sich nicht fragen',
  'the last message is the question: role "user", with text':
    'die letzte Nachricht ist die Frage: Rolle „user“, mit Text',
  'a question has at most {#} characters': (n) => `eine Frage hat höchstens ${figure(n)} Zeichen`,
  'a question has at least one character': 'eine Frage hat mindestens ein Zeichen',
  'a search has at least one character': 'eine Suche hat mindestens ein Zeichen',
  'a password has at least {#} characters': (n) => `ein Passwort hat mindestens ${figure(n)} Zeichen`,
  'is no time zone: give a name such as Europe/Berlin':
    'ist keine Zeitzone: Nennen Sie eine wie Europe/Berlin',
  'conversation_id goes with scope "conversation", and only with it':
    'conversation_id gehört zum Umfang „conversation“, und nur dazu',
  '{} is not known: nothing is taken here': (name) =>
    `${name} ist nicht bekannt: Hier wird nichts angenommen`,
  '{} is not known: did you mean "{}"?': (name, nearest) =>
    `${name} ist nicht bekannt: Meinten Sie „${nearest}“?`,
  '{} is not known: known are {}': (name, list) => `${name} ist nicht bekannt: Bekannt sind ${list}`,

  'Invalid input': 'ist nicht gültig',
  'Invalid input: expected {}, received {}': (wanted, given) =>
    `erwartet wird ${typeOf(wanted)}, es kam ${typeOf(given)}`,
  'Invalid input: expected {}': (wanted) => `erwartet wird ${wanted}`,
  'Invalid option: expected one of {}': (list) => `möglich sind nur „${oneOf(list)}“`,
  'Too small: expected string to have >={#} characters': (n) =>
    isOne(n) ? 'darf nicht leer sein' : `hat mindestens ${counted(n, characters)}`,
  'Too big: expected string to have <={#} characters': (n) => `hat höchstens ${counted(n, characters)}`,
  'Too small: expected array to have >={#} items': (n) => `hat mindestens ${counted(n, items)}`,
  'Too big: expected array to have <={#} items': (n) => `hat höchstens ${counted(n, items)}`,
  'Too small: expected number to be >={}': (n) => `ist mindestens ${n}`,
  'Too big: expected number to be <={}': (n) => `ist höchstens ${n}`,
  'Invalid email address': 'ist keine E-Mail-Adresse',
  'Invalid UUID': 'ist keine UUID',
  'Invalid ISO datetime': 'ist kein Zeitpunkt wie 2026-01-31T12:00:00Z',
  'Invalid string: must match pattern {}': () => 'hat nicht die nötige Form',
  'Invalid discriminator value. Expected {}': (list) => `möglich ist nur ${list}`,
};
