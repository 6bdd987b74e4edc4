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
  results: (n: number) => count(n, { one: 'result', other: 'results' }),
};
