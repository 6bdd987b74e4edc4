import { expect, test } from 'vitest';
import { recallOf } from '../../eval/reading.ts';
import { type MadeDocument, makeDocuments } from './made-documents.ts';
import { read } from './read.ts';

// Documents of every format that are made here, so that a plain clone shows what is read of them.
const documents: MadeDocument[] = await makeDocuments();

test.each(documents)('every word of $name is read', async ({ name, bytes, expected }) => {
  const { text } = await read(bytes, name);
  expect(recallOf(text, expected), text).toBe(1);
});

test.each(documents.filter(({ format }) => format !== 'json'))(
  'the table of $name keeps its rows',
  async ({ name, format, bytes, expected }) => {
    if (format === 'odp') return;
    const { text } = await read(bytes, name);
    const row = expected.split('\n').slice(-3);
    expect(
      text.split('\n').map((line) =>
        line
          .replaceAll(/[\t|,"]+/g, ' ')
          .replaceAll(/ +/g, ' ')
          .trim(),
      ),
    ).toContain(row.join(' ').replaceAll(',', ' '));
  },
);
