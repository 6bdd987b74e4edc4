import type { deleted as en } from '../en/deleted.ts';
import { count, inDocuments, messages } from './nouns.ts';

export const deleted: typeof en = {
  until: (time) => `bis ${time}`,
  hint: 'Jedes kommt zurück, wie es war, oder wird gelöscht, wenn seine Zeit um ist.',
  restore: 'Zurückholen',
  restoreOf: (title) => `„${title}“ zurückholen`,
  restored: (title) => `„${title}“ ist wieder da.`,
  isErased: (title) => `„${title}“ ist inzwischen endgültig gelöscht.`,
  erase: 'Endgültig löschen',
  eraseOf: (title) => `„${title}“ endgültig löschen`,
  eraseTitle: 'Endgültig löschen?',
  eraseBody: (title, inMessages, withDocuments) =>
    `„${title}“ mit ${count(inMessages, messages)} und ${count(withDocuments, inDocuments)} wird endgültig gelöscht und lässt sich nicht zurückholen.`,
  erased: (title) => `„${title}“ ist endgültig gelöscht.`,
};
