import { describe, expect, test } from 'vitest';
import { flatten, placeOf, placesOf, quoteIn } from '../../web/src/lib/viewer/locate.ts';
import { isAsQuoted } from '../../web/src/lib/viewer/wanted.ts';
import { markedPieces, textBlocks } from '../../web/src/lib/viewer/text-blocks.ts';

/** What a place covers, as it stands on the page. */
function covered(page: string, place: { start: number; end: number } | null): string | null {
  return place && page.slice(place.start, place.end);
}

/** The places of a passage on a page whose pieces are its lines. */
function places(page: string, passage: string, before = '') {
  const starts = page
    .split('\n')
    .reduce<number[]>((all, line) => [...all, (all.at(-1) ?? 0) + line.length + 1], [0]);
  return placesOf(flatten(page), starts.slice(0, -1), flatten(passage), flatten(before));
}

const place = (page: string, passage: string, before = '') => places(page, passage, before)[0] ?? null;

describe('a passage on a page', () => {
  const page = 'REPORT\nThe ﬁrst ves-\nsel, Aurora I, sailed\nin 2019. It carried 412 guests aboard.\nPage 4';

  test('is found although line breaks, hyphens and ligatures differ', () => {
    const passage = 'The first vessel, Aurora I, sailed in 2019.';
    expect(covered(page, place(page, passage))).toBe('The ﬁrst ves-\nsel, Aurora I, sailed\nin 2019');
  });

  test('is marked as far as it goes where it goes on elsewhere', () => {
    const begins =
      'It carried 412 guests aboard. Page 4 and then the next page has more of this very passage.';
    expect(covered(page, place(page, begins))).toBe('It carried 412 guests aboard.\nPage 4');
    const ends = 'What stood on the page before this one, and: REPORT The first vessel, Aurora I, sailed';
    expect(covered(page, place(page, ends))).toBe('REPORT\nThe ﬁrst ves-\nsel, Aurora I, sailed');
  });

  test('is marked line by line where a column stands between its lines', () => {
    const columns =
      'PDF files are shown by\nOriginal author\nthe browser itself, without\nInitial release\nanother program. Some';
    const passage = 'PDF files are shown by the browser itself, without another program. Some more';
    expect(places(columns, passage).map((one) => covered(columns, one))).toEqual([
      'PDF files are shown by',
      'the browser itself, without',
      'another program. Some',
    ]);
    expect(
      places(columns, 'the browser itself, without a doubt or any other thing that one may think of'),
    ).toEqual([]);
    expect(places(columns, 'What the browser itself, without')).toEqual([{ start: 39, end: 66 }]);
  });

  test('is not guessed: what is elsewhere, or in several places, is nowhere', () => {
    expect(place(page, 'Nothing of this stands on that page at all.')).toBeNull();
    expect(placeOf(flatten('616 of 616'), flatten('616'))).toBeNull();
    expect(placeOf(flatten('a 616'), flatten('616'))).toEqual({ start: 2, end: 5 });
    const twice = flatten('First 616. Then 616 again.');
    const [quote, then, all] = [flatten('616'), flatten('Then 616 again.'), { start: 0, end: 26 }];
    expect(quoteIn(twice, { start: 11, end: 26 }, then, quote, 4)).toEqual({ start: 16, end: 19 });
    expect(quoteIn(twice, all, twice, quote, 12)).toEqual({ start: 16, end: 19 });
    expect(quoteIn(twice, all, flatten('More. First 616. Then 616 again.'), quote, 16)).toBeNull();
  });

  test('is told from its like by what stands before it, or by how far each goes on', () => {
    const alike =
      'Net sales of the Pacific segment rose by 3 percent.\nEurope:\nNet sales of the Pacific segment rose by 9 percent.\nAsia:\nNet sales of the Pacific segment rose by 9 percent.';
    const passage = 'Net sales of the Pacific segment rose by 9 percent.';
    expect(place(alike, passage, 'As it was. Europe:')).toEqual({ start: 60, end: 110 });
    expect(place(alike, passage, 'As it was. Asia:')).toEqual({ start: 118, end: 168 });
    expect(place(alike, passage)).toBeNull();
    expect(place(alike, 'Net sales of the Pacific segment rose by 3 percent. As before')?.start).toBe(0);
    expect(place(alike, 'Before. Net sales of the Pacific segment rose by 3 percent.')?.end).toBe(50);
    expect(place(alike, 'Then: Net sales of the Pacific segment rose by 9 percent.')).toBeNull();
  });

  test('is that of the version which its answer quotes', () => {
    const text = 'The colony held 412 nests.';
    const source = { char_start: 0, char_end: 26, excerpt: text };
    expect(isAsQuoted(text, 1, source)).toBe(true);
    expect(isAsQuoted(text, 2, source)).toBe(false);
    expect(isAsQuoted(text, 2, { ...source, document_version: 2 })).toBe(true);
    expect(isAsQuoted('The colony held 530 nests.', 1, source)).toBe(false);
  });
});

describe('a text with its structure', () => {
  const text = 'Crew\n\nName\tRole\nAda\tMaster\n\nAda commands the ship.';

  test('is cut into headings, tables and paragraphs, each where it stands', () => {
    expect(
      textBlocks(text, new Set(['Crew'])).map(({ kind, start, end }) => [kind, text.slice(start, end)]),
    ).toEqual([
      ['heading', 'Crew'],
      ['table', 'Name\tRole\nAda\tMaster'],
      ['paragraph', 'Ada commands the ship.'],
    ]);
  });

  test('is marked in pieces that make up the whole again', () => {
    const within = { start: 0, end: text.length };
    const pieces = markedPieces(text, within, { start: 6, end: 27 }, { start: 16, end: 19 });
    expect(pieces.map(({ text: piece }) => piece).join('')).toBe(text);
    expect(pieces.filter(({ mark }) => mark === 'quote').map(({ text: piece }) => piece)).toEqual(['Ada']);
  });
});
