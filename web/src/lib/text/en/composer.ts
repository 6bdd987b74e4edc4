import { count, documents } from './nouns.ts';

export const composer = {
  label: 'Your question',
  placeholder: 'Ask a question…',
  attach: 'Add documents',
  send: 'Ask',
  stop: 'Stop',
  modeDocuments: (ready: number) => `${count(ready, documents)} of this conversation`,
  modeNone: 'no documents: general knowledge',
  modeWaiting: 'no document is ready yet',
  pending: (pending: number, percent: number) =>
    `${pending.toLocaleString('en')} still being read, ${percent} %`,
  waits: 'the answer waits for them',
  without: 'Ask without them',
  waitAgain: 'Wait for them',
  isWithout: 'the answer does not wait',
};
