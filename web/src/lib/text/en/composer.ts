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
  reading: (names: readonly string[], more: number, percent: number, left: string) =>
    `reading ${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en')} more` : ''}, ${percent} %${left === '' ? '' : `, about ${left} left`}`,
  waits: 'the answer waits for them',
  without: 'Ask without them',
  waitAgain: 'Wait for them',
  isRenewed: 'until then answers use the version before',
  isWithout: 'the answer does not wait',
};
