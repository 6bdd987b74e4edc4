import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block, BlockKind, ExtractedDocument } from '../formats/format.ts';
import { chunk, type ChunkOptions } from './chunk.ts';

type Part = Pick<Block, 'kind' | 'page' | 'level'> & { text: string; headerLength?: number };

/** A document whose blocks stand in the given order, with blank lines between them. */
function documentOf(parts: Part[]): ExtractedDocument {
  let text = '';
  const blocks: Block[] = [];
  for (const { kind, page, level, text: own, headerLength } of parts) {
    if (text !== '') text += '\n\n';
    const start = text.length;
    text += own;
    const header = headerLength === undefined ? {} : { headerEnd: start + headerLength };
    blocks.push({ kind, page, start, end: text.length, ...(level !== undefined && { level }), ...header });
  }
  return { text, blocks, pages: null, title: null, warnings: [], removedNuls: 0 };
}

const small: ChunkOptions = { maxTokens: 60, overlapTokens: 12, minTokens: 20 };
const sentence = 'The board met in spring and voted for the plan that the members had proposed. ';

describe('chunking', () => {
  it('never breaks the identity of text and offsets, nor the limits', () => {
    const kinds: BlockKind[] = ['heading', 'paragraph', 'table', 'list_item', 'code', 'other'];
    const part = fc.record({
      kind: fc.constantFrom(...kinds),
      page: fc.integer({ min: 1, max: 3 }),
      level: fc.integer({ min: 1, max: 4 }),
      text: fc
        .array(
          fc.oneof(
            fc.string({ unit: 'grapheme', maxLength: 300 }),
            fc.lorem({ maxCount: 80 }),
            fc.constantFrom('\n', '\t1\t2\n', '👩‍👩‍👧', '漢字かな'),
          ),
        )
        .map((pieces) => pieces.join('').toWellFormed().trim())
        .filter((text) => text !== ''),
    });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const sorted = parts.toSorted((a, b) => a.page - b.page);
        const document = documentOf(sorted);
        const chunks = chunk(document, small);
        for (const [index, piece] of chunks.entries()) {
          expect(piece.ordinal).toBe(index);
          expect(piece.text).toBe(document.text.slice(piece.start, piece.end));
          expect(piece.text.isWellFormed()).toBe(true);
          expect(piece.page).toBe(piece.pageEnd);
          // Cut by an estimate: letters of rare scripts are several tokens each, which tells in chunks as small as these.
          expect(piece.tokens).toBeLessThanOrEqual(1.5 * small.maxTokens);
          expect(piece.start).toBeGreaterThan(chunks[index - 1]?.start ?? -1);
        }
        // Every word of the document is in some chunk, but for running headers.
        const covered = new Uint8Array(document.text.length);
        for (const { start, end } of chunks) covered.fill(1, start, end);
        for (const { kind, start, end } of document.blocks) {
          if (kind === 'other') continue;
          for (let at = start; at < end; at++)
            expect(covered[at] === 1 || /\s/.test(document.text[at] as string)).toBe(true);
        }
      }),
      { numRuns: 150, seed: 20_261_121 },
    );
  });

  it('begins chunks at headings and knows the path of headings', () => {
    const parts: Part[] = [
      { kind: 'heading', page: null, level: 1, text: 'Report' },
      { kind: 'paragraph', page: null, text: sentence.repeat(2) },
      { kind: 'heading', page: null, level: 2, text: '## Money' },
      { kind: 'paragraph', page: null, text: sentence.repeat(2) },
      { kind: 'heading', page: null, level: 1, text: 'Annex' },
      { kind: 'paragraph', page: null, text: sentence },
    ];
    const chunks = chunk(documentOf(parts), small);
    expect(chunks.map(({ heading }) => heading)).toEqual([['Report'], ['Report', 'Money'], ['Annex']]);
    expect(chunks[1]?.text.startsWith('## Money')).toBe(true);
  });

  it('keeps a chunk on its page', () => {
    const parts: Part[] = [1, 2, 3].map((page) => ({
      kind: 'paragraph',
      page,
      text: `Page ${page} is short.`,
    }));
    expect(chunk(documentOf(parts)).map(({ page, text }) => [page, text])).toEqual([
      [1, 'Page 1 is short.'],
      [2, 'Page 2 is short.'],
      [3, 'Page 3 is short.'],
    ]);
  });

  it('cuts tables between rows and repeats their header as a prefix', () => {
    const rows = [
      'Region\tSales\tProfit',
      ...Array.from({ length: 40 }, (_, row) => `Region ${row}\t${row * 7}\t${row}`),
    ];
    const table: Part = {
      kind: 'table',
      page: null,
      text: rows.join('\n'),
      headerLength: 'Region\tSales\tProfit'.length,
    };
    const chunks = chunk(documentOf([table]), small);
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks[0]?.prefix).toBeUndefined();
    for (const piece of chunks.slice(1)) {
      expect(piece.prefix).toBe('Region\tSales\tProfit');
      for (const row of piece.text.split('\n')) expect(rows).toContain(row);
    }
    expect(chunks.map(({ text }) => text).join('\n')).toBe(rows.join('\n'));
  });

  it('overlaps prose by whole sentences', () => {
    const sentences = Array.from(
      { length: 30 },
      (_, index) => `Sentence ${index} says a little about subject ${index}.`,
    );
    const chunks = chunk(documentOf([{ kind: 'paragraph', page: null, text: sentences.join(' ') }]), {
      ...small,
      overlapTokens: 20,
    });
    for (const [index, piece] of chunks.entries()) {
      expect(piece.text).toMatch(/^Sentence \d+ says/);
      const before = chunks[index - 1];
      if (before) expect(piece.start).toBeLessThan(before.end);
    }
  });

  it('leaves running headers and page numbers out', () => {
    const parts: Part[] = [
      { kind: 'other', page: 1, text: 'Company confidential' },
      { kind: 'paragraph', page: 1, text: 'The only words.' },
      { kind: 'other', page: 1, text: '17' },
    ];
    expect(chunk(documentOf(parts)).map(({ text }) => text)).toEqual(['The only words.']);
  });

  it('cuts a word of a million letters and an endless line of Chinese', () => {
    for (const text of ['x'.repeat(1_000_000), '漢'.repeat(20_000)]) {
      const chunks = chunk(documentOf([{ kind: 'paragraph', page: null, text }]));
      for (const { tokens } of chunks) expect(tokens).toBeLessThan(600);
      expect(chunks.at(-1)?.end).toBe(text.length);
    }
  });
});
