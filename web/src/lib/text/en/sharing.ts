import { count, messages } from './nouns.ts';

export const sharing = {
  title: 'Share by a link',
  hint: 'Whoever has the link sees the conversation as it is now, and nothing that comes later.',
  withPassages: 'Show the cited passages of the documents too',
  create: 'Make a link',
  copy: 'Copy the link',
  refresh: 'Update',
  revoke: 'Revoke the link',
  hasPassword: 'with a password',
  messages: (n: number) => count(n, messages),
  views: (n: number) => count(n, { one: 'view', other: 'views' }),
  shared: 'A shared conversation',
  sharedOn: (date: string) => `Shared on ${date}`,
  goOn: 'Continue as my own',
  signInToGoOn: 'Sign in to continue it',
  locked: 'This link asks for a password',
  open: 'Open',
  gone: 'This link shows nothing any more.',
};
