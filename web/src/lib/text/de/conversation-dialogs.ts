import type { conversationDialogs as en } from '../en/conversation-dialogs.ts';
import { count, documents, inDocuments, messages, passages } from './nouns.ts';

export const conversationDialogs: typeof en = {
  tagsTitle: 'Schlagworte dieses Gesprächs',
  tagsHint: 'Durch Kommas getrennt',
  deleteTitle: 'Dieses Gespräch löschen?',
  deleteBody: (title, inMessages, withDocuments) =>
    `„${title}“ mit ${count(inMessages, messages)} und ${count(withDocuments, inDocuments)} wird gelöscht.`,
  deletedTitle: 'Gelöscht',
  deletedBody: (goneMessages, goneDocuments, gonePassages, size) =>
    `${count(goneMessages, messages)}, ${count(goneDocuments, documents)}, ${count(gonePassages, passages)}, ${size}.`,
  restorable: (date) => `Es lässt sich bis zum ${date} zurückholen, unter „Gelöschte“ über der Liste.`,
  undo: 'Rückgängig',
  done: 'Fertig',
  docsOnly: 'Nur aus den Dokumenten antworten',
  docsOnlyHint: 'Wo sie die Antwort nicht enthalten, wird das gesagt, statt Allgemeinwissen zu nutzen.',
  prompt: 'Anweisungen an das Modell',
  promptHint: 'Mit jeder Frage dieses Gesprächs mitgegeben. Ohne Sprachmodell ändern sie nichts.',
};
