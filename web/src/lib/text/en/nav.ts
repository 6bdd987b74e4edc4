/** What leads to other pages, and what is said everywhere of the models. */
export const nav = {
  statistics: 'Statistics',
  settings: 'Settings',
  admin: 'Administration',
  share: 'Share…',
  noChatModel: 'No model: answers are quotations from your documents.',
  noEmbeddingModel: 'No embedding model: documents are found by their words.',
};
