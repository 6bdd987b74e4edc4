import { expect, test } from 'vitest';
import { AppError } from '../../src/errors.ts';
import { extract } from '../../src/formats/plain-text.ts';

const context = {
  fileName: 'a.txt',
  mediaType: 'text/plain',
  maxCharacters: 1000,
  maxPages: 5,
  progress() {},
  scanned() {},
};
const read = (text: string) => extract(Buffer.from(text), context);

test('form feeds part a text into pages, and each paragraph says which is its own', async () => {
  const { text, blocks, pages } = await read('One.\n\nTwo.\n\fThree.\f\fFive.\n\f');
  expect(pages).toBe(4);
  expect(blocks.map(({ start, end, page }) => [text.slice(start, end), page])).toEqual([
    ['One.', 1],
    ['Two.', 1],
    ['Three.', 2],
    ['Five.', 4],
  ]);
});

test('a text without form feeds has no pages', async () => {
  const { blocks, pages } = await read('One.\n\nTwo.');
  expect(pages).toBeNull();
  expect(blocks.map((block) => block.page)).toEqual([null, null]);
});

test('more pages than are read are refused', async () => {
  await expect(read('word\f'.repeat(6))).rejects.toThrow(AppError);
});
