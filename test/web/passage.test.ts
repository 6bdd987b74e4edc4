import type { Source } from '@alcove/client';
import { describe, expect, test } from 'vitest';
import { placePassage, splitAtQuote } from '../../web/src/lib/answers/place-passage.ts';

const before = 'Words that come before it. '.repeat(30);
const excerpt = 'Revenue rose to 48.2 million euros.';
const text = `${before}${excerpt} ${'And what follows. '.repeat(30)}`;

function source(fields: Partial<Source>): Source {
  const id = '019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d';
  const range = { char_start: before.length, char_end: before.length + excerpt.length };
  const rest = { n: 1, document_name: 'a.txt', page: null, heading: [], score: 1, verified: true };
  return { ...rest, document_id: id, chunk_id: id, excerpt, ...range, ...fields };
}

describe('the passage of a citation', () => {
  test('stands in its surroundings, cut between words', () => {
    const passage = placePassage(text, source({}));
    expect(passage?.excerpt).toBe(excerpt);
    expect(passage?.before).toMatch(/^… \w.*before it\. $/);
    expect(passage?.after).toMatch(/^ And what follows\..* …$/);
  });

  test('is found inside the range of its chunk', () => {
    expect(placePassage(text, source({ char_start: 0, char_end: text.length }))?.excerpt).toBe(excerpt);
  });

  test('is found when only the white space differs', () => {
    const squeezed = excerpt.replace(' ', '\n');
    expect(placePassage(text, source({ excerpt: squeezed }))?.excerpt).toBe(excerpt);
  });

  test('is not made up when the text has changed', () => {
    expect(placePassage('Quite another text.', source({}))).toBeNull();
  });

  test('shows what the answer quotes from it, across line breaks', () => {
    expect(splitAtQuote('So (48.2\n million) it was', '(48.2 million)')).toEqual([
      'So ',
      '(48.2\n million)',
      ' it was',
    ]);
    expect(splitAtQuote(excerpt, 'something else')).toBeNull();
  });
});
