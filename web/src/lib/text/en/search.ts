import { count } from './nouns.ts';

export const search = {
  open: 'Search',
  title: 'Search',
  field: 'Search titles, messages and documents',
  hint: 'Type at least two characters.',
  none: 'Nothing was found.',
  titles: 'Conversations',
  messages: 'Messages',
  passages: 'Documents',
  commands: 'Commands',
  commandNames: {
    upload: 'Add files…',
    dark: 'Use dark colours',
    light: 'Use light colours',
    rename: 'Rename this conversation',
    pin: 'Pin this conversation',
    unpin: 'Unpin this conversation',
    archive: 'Archive this conversation',
    unarchive: 'Take this conversation out of the archive',
    share: 'Share this conversation…',
    export: 'Export this conversation…',
    delete: 'Delete this conversation…',
  },
  results: (n: number) => count(n, { one: 'result', other: 'results' }),
};
