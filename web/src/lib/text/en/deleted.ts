import { count, documents, messages } from './nouns.ts';

export const deleted = {
  until: (time: string) => `until ${time}`,
  hint: 'Each comes back as it was, or is erased when its time is over.',
  restore: 'Restore',
  restoreOf: (title: string) => `Restore “${title}”`,
  restored: (title: string) => `“${title}” is back.`,
  isErased: (title: string) => `“${title}” is erased by now.`,
  erase: 'Delete for good',
  eraseOf: (title: string) => `Delete “${title}” for good`,
  eraseTitle: 'Delete for good?',
  eraseBody: (title: string, inMessages: number, inDocuments: number) =>
    `“${title}” with ${count(inMessages, messages)} and ${count(inDocuments, documents)} will be erased. It cannot be brought back.`,
  erased: (title: string) => `“${title}” is erased.`,
};
