import { describe, expect, it } from 'vitest';
import { hasCode } from '../../src/errors.ts';
import { read } from './read.ts';
import { entriesOf, hasSharedData, loadRecall, readShared } from './shared-data.ts';

/** Documents that rightly have no text, and the code that says why. */
const refused: Record<string, string> = {
  'parsing/doc/legacy_sample.doc': 'unsupported_media_type',
  'parsing/docx/zero-length.docx': 'document_empty',
  'parsing/pdf/MEDRPT-2024-PAT-3847_medical_report_scan.pdf': 'document_needs_ocr',
  'parsing/pdf/bug1782186.pdf': 'document_encrypted',
  'parsing/pdf/issue6010_1.pdf': 'document_encrypted',
};

/** Documents below the threshold, each with the reason why its reference is not ours. */
const exceptions: Record<string, string> = {
  'parsing/pdf/complex_ttf_font.pdf':
    'the font has no mapping to Unicode; the reference itself is not readable',
  'parsing/pdf/french_diacritics.pdf': 'two tokens; the reference joins letters that are set with spaces',
  'parsing/xlsx/50755_workday_formula_example.xlsx':
    'the reference holds serial numbers where the cells show dates',
};

describe.skipIf(!hasSharedData)('documents of others', () => {
  const recalls: number[] = [];

  it.each(entriesOf('parsing'))('reads $file', async ({ file, expected }) => {
    const { compare, stripMarkup } = await loadRecall();
    const bytes = readShared(`data/${file}`);
    const code = refused[file];
    if (code !== undefined) {
      await expect(read(bytes, file)).rejects.toSatisfy((error: unknown) => hasCode(error, code as never));
      return;
    }
    const { text, blocks } = await read(bytes, file);
    expect(text.isWellFormed()).toBe(true);
    expect(text).not.toContain('\0');
    let previousEnd = 0;
    for (const { start, end } of blocks) {
      expect(start).toBeGreaterThanOrEqual(previousEnd);
      expect(end).toBeGreaterThan(start);
      previousEnd = end;
    }
    expect(previousEnd).toBeLessThanOrEqual(text.length);
    if (expected === undefined) return;
    const reference = stripMarkup(
      readShared(`data/${expected}`).toString(),
      expected.split('.').at(-1) as string,
    );
    const { recall } = compare(text, reference);
    recalls.push(recall);
    if (!(file in exceptions)) expect(recall).toBeGreaterThanOrEqual(0.9);
  });

  it('finds nearly every word', () => {
    const sorted = recalls.toSorted((a, b) => a - b);
    expect(sorted.length).toBeGreaterThan(50);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeGreaterThanOrEqual(0.99);
  });
});
