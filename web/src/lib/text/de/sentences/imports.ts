import type { Sentences } from '../../sentence-patterns.ts';
import { messages } from '../nouns.ts';
import { counted, values } from './numbers.ts';

/** What the report of an import says of an item, and why a whole file is refused. */
export const imports: Sentences = {
  'It was exported by a newer version: upgrade this server first.':
    'Er wurde von einer neueren Version exportiert: Aktualisieren Sie zuerst diesen Server.',
  'It is a template, and not as templates are.': 'Er ist eine Vorlage, aber nicht so, wie Vorlagen sind.',
  'It is nested too deep.': 'Er ist zu tief verschachtelt.',
  'It is larger than 64 MB.': 'Er ist größer als 64 MB.',
  'It is made of more than {#} values.': (n) => `Er besteht aus mehr als ${counted(n, values)}.`,
  'It is not valid JSON.': 'Er ist kein gültiges JSON.',
  'It has more than {#} messages.': (n) => `Er hat mehr als ${counted(n, messages)}.`,
  'One of its messages, or all of them together, are too long.':
    'Eine seiner Nachrichten, oder alle zusammen, sind zu lang.',
  'Two of its messages have the same id.': 'Zwei seiner Nachrichten haben dieselbe Kennung.',
  'The file holds it too often: once is enough.': 'Die Datei enthält ihn zu oft: Einmal genügt.',
  'Its messages follow each other in a circle.': 'Seine Nachrichten folgen einander im Kreis.',
  'It is no conversation of a product that is known here.':
    'Er ist kein Gespräch aus einem Produkt, das hier bekannt ist.',
  '{} cannot be unpacked.': (name) => `${name} lässt sich nicht auspacken.`,
  'Messages of branches that were deleted here stay deleted: {#}.': (n) =>
    `Nachrichten in Zweigen, die hier gelöscht wurden, bleiben gelöscht: ${n}.`,
  'Documents were left out: {list}': (list) => `Dokumente fehlen: ${list}`,
  '{}: it is not in the archive': (name) => `${name}: nicht im Archiv`,
  '{}: {sentence}': (name, why) => `${name}: ${why}`,
  'Its content is not what was exported.': 'Der Inhalt ist nicht der, der exportiert wurde.',
  'The archive holds no conversations: no conversations.json is in it.':
    'Das Archiv enthält keine Gespräche: Es ist keine conversations.json darin.',
  'The archive is damaged, or no zip archive.': 'Das Archiv ist beschädigt, oder es ist kein Zip-Archiv.',
  'The conversations of the archive unpack to more than {} GB.': (n) =>
    `Die Gespräche des Archivs sind ausgepackt größer als ${n} GB.`,
  'The form holds no file: send one in the field "file".': 'Es wurde keine Datei gesendet: Wählen Sie eine.',
  'The import was cut off.':
    'Der Import wurde abgebrochen: Importieren Sie noch einmal, was schon da ist, bleibt.',
};
