import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareDocument } from '../../src/documents/prepare.ts';
import { sampled } from '../support/full-run.ts';
import { hasSharedData, sharedPath } from './shared-data.ts';

describe.skipIf(!hasSharedData)('annual reports', () => {
  const folder = sharedPath('data/financebench/pdfs');
  const files = hasSharedData ? sampled(readdirSync(folder).toSorted(), 24) : [];

  it.each(files)('%s opens, page by page', async (fileName) => {
    let lastPage = 0;
    const source = { bytesPath: join(folder, fileName), mediaType: 'application/pdf', fileName };
    const document = await prepareDocument(source, {
      onProgress: (done) => (lastPage = Math.max(lastPage, done)),
    });
    expect(document.pages).toBeGreaterThan(5);
    expect(lastPage).toBe(document.pages);
    const pages = new Set(document.chunks.map(({ page }) => page));
    expect(pages.size).toBeGreaterThan(0.95 * (document.pages as number));
    for (const chunk of document.chunks) {
      expect(chunk.pageEnd).toBe(chunk.page);
      expect(chunk.text).toBe(document.text.slice(chunk.start, chunk.end));
    }
    // Tables come out row by row: a label and its figures stand on one line.
    const rows = document.text
      .split('\n')
      .filter((line) => /^\p{L}.*\t\(?\$?[\d,.]+\)?\t\(?\$?[\d,.]+\)?/u.test(line));
    if ((document.pages as number) > 50) expect(rows.length).toBeGreaterThan(document.chunks.length / 4);
  });
});
