import { count, documents, messages, passages } from './nouns.ts';

export const conversationDialogs = {
  tagsTitle: 'Tags of this conversation',
  tagsHint: 'Separated by commas',
  deleteTitle: 'Delete this conversation?',
  deleteBody: (title: string, inMessages: number, inDocuments: number) =>
    `“${title}” with ${count(inMessages, messages)} and ${count(inDocuments, documents)} will be deleted.`,
  deletedTitle: 'Deleted',
  deletedBody: (goneMessages: number, goneDocuments: number, gonePassages: number, size: string) =>
    `${count(goneMessages, messages)}, ${count(goneDocuments, documents)}, ${count(gonePassages, passages)}, ${size}.`,
  restorable: (date: string) => `It can be brought back until ${date}, from “Deleted” above the list.`,
  undo: 'Undo',
  done: 'Done',
  docsOnly: 'Answer from the documents only',
  docsOnlyHint: 'Where they do not hold the answer it says so, instead of using general knowledge.',
  prompt: 'Instructions for the model',
  promptHint:
    'Told to it with every question of this conversation. Without a language model they change nothing.',
};
