import { describe, expect, test } from 'vitest';
import { flatten, placeOf, placesOf, quoteIn } from '../../web/src/lib/viewer/locate.ts';
import { isAsQuoted } from '../../web/src/lib/viewer/wanted.ts';
import {
  groupLists,
  headingDepths,
  markedPieces,
  partsOfItem,
  rowsOf,
} from '../../web/src/lib/viewer/block-layout.ts';
import { plainBlock } from '../../web/src/lib/viewer/text-block.ts';
import { textBlocks } from '../../web/src/lib/viewer/text-blocks.ts';

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

  test('is cut into headings, tables and paragraphs where nobody told what they are', () => {
    expect(
      textBlocks(text, null, new Set(['Crew'])).map(({ kind, start, end }) => [kind, text.slice(start, end)]),
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

describe('a text whose blocks are known', () => {
  const none = new Set<string>();
  const at = (text: string, words: string) => ({
    char_start: text.indexOf(words),
    char_end: text.indexOf(words) + words.length,
    page: null,
  });

  test('shows the words of headings and code without their marks, and items where they stand', () => {
    const text = '## Crew\n\n- Ada\n  - her dog\n\n```\nls\n```';
    const blocks = textBlocks(
      text,
      [
        { kind: 'heading', level: 2, ...at(text, '## Crew'), inner: at(text, 'Crew') },
        { kind: 'list_item', ...at(text, '- Ada') },
        { kind: 'list_item', ...at(text, '  - her dog') },
        { kind: 'code', ...at(text, '```\nls\n```'), inner: at(text, 'ls') },
      ],
      none,
    );
    expect(blocks.map(({ kind, level, inner }) => [kind, level, text.slice(inner.start, inner.end)])).toEqual(
      [
        ['heading', 2, 'Crew'],
        ['list_item', 0, '- Ada'],
        ['list_item', 1, '- her dog'],
        ['code', 1, 'ls'],
      ],
    );
    expect(groupLists(blocks).map(({ items }) => items.length)).toEqual([1, 2, 1]);
  });

  test('leaves no words out that no block holds', () => {
    const text = 'One.\n\nTwo.\n\nThree.';
    const blocks = textBlocks(text, [{ kind: 'paragraph', ...at(text, 'Two.') }], none);
    expect(blocks.map(({ start, end }) => text.slice(start, end))).toEqual(['One.', 'Two.', 'Three.']);
  });

  test('shows code together that was cut at its empty lines', () => {
    const text = 'a();\n\nb();';
    const code = ['a();', 'b();'].map((words) => ({ kind: 'code' as const, ...at(text, words) }));
    expect(textBlocks(text, code, none)).toMatchObject([{ start: 0, end: text.length }]);
  });

  test.each([
    [
      'a\tb\n1\t\n\tC:\\\tx',
      3,
      [
        ['a', 'b'],
        ['1', ''],
        ['', 'C:\\', 'x'],
      ],
    ],
    [
      '| a | b |\r\n|---|---|\r\n| 1 | |\r\n| - | \\| |',
      9,
      [
        ['a', 'b'],
        ['1', ''],
        ['-', '\\|'],
      ],
    ],
    ['a | b\n--|--', undefined, [['a', 'b']]],
  ])('reads the rows of a table: %j', (text, headerEnd, rows) => {
    const table = { kind: 'table' as const, page: null, header_end: headerEnd };
    const [block] = textBlocks(text, [{ ...table, char_start: 0, char_end: text.length }], none);
    const read = rowsOf(text, block ?? plainBlock('other', { start: 0, end: 0 }));
    expect(read.map(({ cells }) => cells.map(({ start, end }) => text.slice(start, end)))).toEqual(rows);
    expect(read.map(({ isHeader }) => isHeader)).toEqual(rows.map((_, index) => index === 0));
  });

  test.each([
    ['- Bring a ladder', '- '],
    ['* Bring\n  a ladder', '* '],
    ['12. Bring a ladder', '12. '],
    ['(b) Bring a ladder', '(b) '],
    ['•\tBring a ladder', '•\t'],
    ['Bring a ladder', ''],
    ['-12 degrees', ''],
    ['-', ''],
  ])('shows the mark of a list item beside its words: %j', (text, shown) => {
    const { mark, words } = partsOfItem(`x ${text}`, { start: 2, end: text.length + 2 });
    expect([mark.start, words.end]).toEqual([2, text.length + 2]);
    expect(mark.end).toBe(words.start);
    expect(text.slice(0, mark.end - 2)).toBe(shown);
  });

  test('shows a long table in parts, of which the first has the header', () => {
    const lines = ['day\tnests', ...Array.from({ length: 450 }, (_, day) => `${day}\t${day * 2}`)];
    const text = lines.join('\n');
    const parts = textBlocks(
      text,
      [{ kind: 'table', page: null, header_end: 9, char_start: 0, char_end: text.length }],
      none,
    );
    expect(parts.map(({ start, end }) => text.slice(start, end)).join('\n')).toBe(text);
    const headers = parts.map((part) => rowsOf(text, part).filter(({ isHeader }) => isHeader).length);
    expect(headers).toEqual([1, 0, 0]);
  });

  test('has an outline without gaps, whatever levels it leaves out', () => {
    const levels = [3, 1, 4, 4, 2, 6, 1];
    const blocks = levels.map((level, start) => ({ ...plainBlock('heading', { start, end: start }), level }));
    expect([...headingDepths(blocks).values()]).toEqual([1, 1, 2, 2, 2, 3, 1]);
  });
});
