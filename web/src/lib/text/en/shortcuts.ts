export const shortcuts = {
  heading: 'Keyboard',
  show: 'Keyboard shortcuts',
  search: 'Search',
  newConversation: 'New conversation',
  composer: 'To the question field',
  pane: 'Show or hide documents and sources',
  citations: 'Next and previous citation',
  pages: 'Next and previous page of the original',
  escape: 'Close, or back to the question field',
  help: 'These shortcuts',
};
