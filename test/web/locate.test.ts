import { describe, expect, test } from 'vitest';
import { flatten, placeOf, placesOf } from '../../web/src/lib/viewer/locate.ts';
import { markedPieces, textBlocks } from '../../web/src/lib/viewer/text-blocks.ts';

/** What a place covers, as it stands on the page. */
function covered(page: string, place: { start: number; end: number } | null): string | null {
  return place && page.slice(place.start, place.end);
}

/** The places of a passage on a page whose pieces are its lines. */
function places(page: string, passage: string) {
  const starts = page
    .split('\n')
    .reduce<number[]>((all, line) => [...all, (all.at(-1) ?? 0) + line.length + 1], [0]);
  return placesOf(flatten(page), starts.slice(0, -1), flatten(passage));
}

const place = (page: string, passage: string) => places(page, passage)[0] ?? null;

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
    expect(placeOf(twice, flatten('616'), { start: 11, end: 26 })).toEqual({ start: 16, end: 19 });
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
