import { decodeText } from './encoding.ts';
import type { Format } from './format.ts';
import { keepText, splitParagraphs } from './text-blocks.ts';

export const plainText: Format = {
  name: 'Plain text',
  mediaTypes: ['text/plain'],
  extensions: ['txt', 'text', 'log'],
  async extract(bytes, context) {
    return keepText(decodeText(bytes).text, context, splitParagraphs);
  },
};
