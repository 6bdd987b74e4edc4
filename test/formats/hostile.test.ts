import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareDocument, type Prepared } from '../../src/documents/prepare.ts';
import { AppError } from '../../src/errors.ts';
import { sniffFile } from '../../src/formats/sniff-file.ts';
import { sampled } from '../support/full-run.ts';
import { hasSharedData, sharedPath } from './shared-data.ts';

/** What is promised of a hostile file; alone on the machine each takes a few seconds at most. */
const timeLimitMs = 60_000;

/** What a hostile file comes to: its text, or the code of the refusal. */
async function meet(path: string): Promise<{ document: Prepared | null; code: string | null }> {
  const fileName = path.split('/').at(-1) as string;
  const mediaType = await sniffFile(path, fileName);
  if (mediaType === null) return { document: null, code: 'unsupported_media_type' };
  try {
    return { document: await prepareDocument({ bytesPath: path, mediaType, fileName }), code: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { document: null, code: error.code };
  }
}

async function meetWithinLimits(path: string): Promise<{ text: string | null; code: string | null }> {
  const started = performance.now();
  const memory = process.memoryUsage().rss;
  const { document, code } = await meet(path);
  expect(performance.now() - started).toBeLessThan(timeLimitMs);
  expect(process.memoryUsage().rss - memory).toBeLessThan(300_000_000);
  for (const chunk of document?.chunks ?? []) {
    expect(chunk.text).toBe(document?.text.slice(chunk.start, chunk.end));
    expect(chunk.tokens).toBeLessThan(700);
  }
  expect(document?.text ?? '').not.toContain('\0');
  return { text: document?.text ?? null, code };
}

describe.skipIf(!hasSharedData)('hostile files found in the wild', () => {
  const folder = sharedPath('data/adversarial');
  const files = hasSharedData ? readdirSync(folder).toSorted() : [];

  it.each(sampled(files, 12))('%s is read or refused', async (file) => {
    await meetWithinLimits(join(folder, file));
  });

  it('says of an encrypted document that it is encrypted', async () => {
    for (const file of ['60320-protected.xlsx', 'bug53475-password-is-pass.docx']) {
      expect((await meet(join(folder, file))).code).toBe('document_encrypted');
    }
  });
});

describe.skipIf(!hasSharedData)('hostile files made on purpose', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alcove-hostile-'));
  if (hasSharedData) execFileSync(process.execPath, [sharedPath('eval/gen_adversarial.mjs'), folder]);
  afterAll(() => rmSync(folder, { recursive: true }));
  const files = hasSharedData
    ? readdirSync(folder)
        .filter((file) => !file.endsWith('.json'))
        .toSorted()
    : [];

  /** The text, where it is known; a code; or a test of both. */
  const outcomes: Record<string, string | { code: string } | RegExp> = {
    'bomb_single.docx': { code: 'document_too_complex' },
    'bomb_overlap.docx': { code: 'document_too_complex' },
    'bomb_nested.zip': { code: 'unsupported_media_type' },
    'bomb_size_lies.docx': { code: 'document_too_complex' },
    'laughs.docx': { code: 'document_malformed' },
    'xxe.docx': { code: 'document_malformed' },
    'huge_extent.xlsx': 'S\n\nfirst\n\nlast',
    'shared_amplify.xlsx': { code: 'document_too_complex' },
    'slip.epub': { code: 'document_empty' },
    'spine_loop.epub': 'chapter',
    'no_document.docx': { code: 'document_malformed' },
    'js.pdf': 'hello page',
    'count_lies.pdf': 'hello page',
    'pages_8000.pdf': { code: 'document_too_complex' },
    'page_giant.pdf': 'hello page',
    'flate_bomb.pdf': { code: 'document_too_complex' },
    'no_text.pdf': { code: 'document_empty' },
    'docx_named.pdf': 'real docx text',
    'pdf_named.docx': 'hello page',
    'pdf_named.txt': 'hello page',
    'exe_named.md': { code: 'unsupported_media_type' },
    // A picture under any name, which only text recognition reads.
    'png_named.csv': { code: 'document_needs_ocr' },
    'polyglot_pdf_zip.pdf': 'hello page',
    'polyglot_html_pdf.html': 'visible',
    'gifar.html': { code: 'unsupported_media_type' },
    'empty.txt': { code: 'document_empty' },
    'spaces.txt': { code: 'document_empty' },
    'only_bom.txt': { code: 'document_empty' },
    'utf8_bom.txt': /^Ünïcödé — naïve café €100 Привет/,
    'utf16le_bom.txt': /^Ünïcödé — naïve café €100 Привет/,
    'utf16be_bom.txt': /^Ünïcödé — naïve café €100 Привет/,
    'utf16le_nobom.txt': 'plain english text without any mark',
    'latin1.txt': 'Größe façade Ångström £5',
    'invalid_utf8.txt': /Hello[\s\S]*world/,
    'nul.txt': /^beforeafter/,
    'deep.html': 'deep text',
    'attr.html': 'short',
    'unclosed.html': 'one\n\ntwo\n\nthree',
    'script.html': 'seen',
    'charset.html': 'Привет',
  };

  it.each(sampled(files, 4))('%s comes to what it should', async (file) => {
    const { text, code } = await meetWithinLimits(join(folder, file));
    const outcome = outcomes[file];
    if (typeof outcome === 'string') expect(text).toBe(outcome);
    else if (outcome instanceof RegExp) expect(text).toMatch(outcome);
    else if (outcome) expect(code).toBe(outcome.code);
    expect(text ?? '').not.toMatch(/unseen|root:x:0|pwned/);
  });

  it('has an outcome or a limit for everything that is made', () => {
    const expected = JSON.parse(readFileSync(join(folder, 'expect.json'), 'utf8')) as { file: string }[];
    expect(files.toSorted()).toEqual(expected.map(({ file }) => file).toSorted());
  });
});
