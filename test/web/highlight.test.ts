import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Chunk } from '@alcove/client';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canRecognise, pdfOf, scanOf, withOrientation } from '../documents/support/scans.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { isFullRun } from '../support/full-run.ts';
import { axe, faultsOf } from './support/axe.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { type Box, compareMarks } from './support/compare-marks.ts';
import { openSignedIn } from './support/sign-in.ts';

/** The folder of real documents beside the repository; nothing of it is part of the project. */
const folder = resolve(import.meta.dirname, '../../../shared/data');
const files = [
  'parsing/pdf/fake_memo.pdf',
  'parsing/pdf/google_doc_document.pdf',
  'parsing/pdf/2305.03393v1-pg9.pdf',
  'parsing/pdf/french_diacritics.pdf',
  'parsing/pdf/code_and_formula.pdf',
  'parsing/pdf/multi_page.pdf',
  'parsing/pdf/pdfjs_wikipedia.pdf',
  'parsing/pdf/normal_4pages.pdf',
  'financebench/pdfs/AMCOR_2022_8K_dated-2022-07-01.pdf',
  'financebench/pdfs/AMCOR_2023Q4_EARNINGS.pdf',
];
const sampled = isFullRun ? files : files.slice(0, 3);
const isMissing = chromiumPath === undefined || !existsSync(resolve(folder, files[0] ?? ''));
/** Shares of pixels. */
const [leastFound, leastRight, leastLegible] = [0.75, 0.95, 0.99];
/** Sentences that stand several times on the page, all counted here; and a table whose cells are too short to be sure of. */
const leastFoundOf: Partial<Record<string, number>> = {
  'parsing/pdf/code_and_formula.pdf': 0.35,
  'parsing/pdf/pdfjs_wikipedia.pdf': 0.45,
};

describe.skipIf(isMissing)('the highlight of a passage, pixel by pixel', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let page: Page;
  let conversation: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    conversation = (await person.client.conversations.create({ title: 'Originals' })).id;
    ({ page } = await openSignedIn(browser, person, { viewport: { width: 1600, height: 1400 } }));
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  test.each(sampled)(
    'lies on the words of the passage and leaves them legible: %s',
    { timeout: 120_000 },
    async (file) => {
      const bytes = await readFile(resolve(folder, file));
      const upload = { name: basename(file), blob: new Blob([bytes]) };
      const { document } = await person.client.documents.upload(conversation, upload);
      await person.client.documents.wait(document.id);
      const { chunks } = await person.client.documents.chunks(document.id, { limit: 20 });
      const chunk = chunks
        .filter((one) => one.page !== null)
        .toSorted((a, b) => b.content.length - a.content.length)[0];
      if (chunk?.page === undefined || chunk.page === null)
        throw new Error(`${file} has no passage with a page`);

      const place = new URLSearchParams({
        document: document.id,
        page: String(chunk.page),
        passage: chunk.id,
      });
      await page.goto(`${app.baseUrl}/dashboard/chatbot/${conversation}?${place}`);
      const shown = page.locator(`.pdf-page[data-page="${chunk.page}"]`);
      await shown.locator('.pdf-mark').first().waitFor();
      const marked = await shown.screenshot({ animations: 'disabled' });
      await shown.locator('.pdf-mark').evaluateAll((marks) => marks.forEach((mark) => mark.remove()));
      const plain = await shown.screenshot({ animations: 'disabled' });
      const boxes = await boxesOf(bytes, chunk);
      const found = await compareMarks(browser, { plain, marked, boxes });
      expect(found.covered, 'of the passage is marked').toBeGreaterThan(leastFoundOf[file] ?? leastFound);
      expect(found.inside, 'of the marks is passage').toBeGreaterThan(leastRight);
      expect(found.legible, 'of the ink stays dark').toBeGreaterThan(leastLegible);
    },
  );
});

describe.skipIf(chromiumPath === undefined || !canRecognise())('a scan in the viewer', inBrowser, () => {
  const line = 'The lighthouse keeper owns nineteen boats.';
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let page: Page;
  let conversation: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp({ env: { OCR: 'on' } }), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    conversation = (await person.client.conversations.create({ title: 'Scans' })).id;
    ({ page } = await openSignedIn(browser, person, { viewport: { width: 1600, height: 1000 } }));
    await page.addInitScript(axe);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  /** Opens a document at its first passage. */
  async function open(name: string, bytes: Buffer): Promise<Locator> {
    const upload = { name, blob: new Blob([Uint8Array.from(bytes)]) };
    const { document } = await person.client.documents.upload(conversation, upload);
    await person.client.documents.wait(document.id);
    const { chunks } = await person.client.documents.chunks(document.id);
    const passage = chunks.find(({ ocr }) => ocr);
    const place = { document: document.id, page: String(passage?.page), passage: passage?.id ?? '' };
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${conversation}?${new URLSearchParams(place)}`);
    return page.locator(`.pdf-page[data-page="${passage?.page}"]`);
  }

  const originals = {
    'scan.pdf': () => pdfOf(['A page with text of its own.', scanOf(line, 'pgm')]),
    'strip.png': () => scanOf(line, 'png'),
  };

  test.each(Object.entries(originals))(
    'its passage is marked on the picture, and its text is selected and found: %s',
    { timeout: 120_000 },
    async (name, make) => {
      const shown = await open(name, make());
      await shown.locator('.pdf-mark').first().waitFor();
      const marked = await shown.screenshot({ animations: 'disabled' });
      await shown.locator('.pdf-mark').evaluateAll((marks) => marks.forEach((mark) => mark.remove()));
      const plain = await shown.screenshot({ animations: 'disabled' });
      // Letters reach from the line to some seven tenths of their size above it.
      const boxes = (await boxesOf(pdfOf([line]), { page: 1, content: line })).map((box) => ({
        ...box,
        y: box.y + 0.3 * box.height,
        height: 0.7 * box.height,
      }));
      const found = await compareMarks(browser, { plain, marked, boxes });
      expect(found.covered, 'of the passage is marked').toBeGreaterThan(leastRight);
      expect(found.inside, 'of the marks is passage').toBeGreaterThan(leastRight);
      expect(found.legible, 'of the ink stays dark').toBeGreaterThan(leastLegible);

      const selected = await shown.locator('.textLayer').evaluate((layer) => {
        getSelection()?.selectAllChildren(layer);
        return String(getSelection());
      });
      expect(selected.trim()).toBe(line);
      const [word, box] = [shown.getByText('nineteen'), await shown.boundingBox()];
      const at = await word.boundingBox();
      const first = boxes[0];
      if (!at || !box || !first) throw new Error('the word is not there');
      // Its place among the letters of the line is some four fifths of the way.
      const share = (at.x + at.width / 2 - box.x) / box.width;
      expect(share).toBeGreaterThan(first.x + 0.65 * first.width);
      expect(share).toBeLessThan(first.x + 0.85 * first.width);
      expect(await word.evaluate((element) => getComputedStyle(element).color)).toBe('rgba(0, 0, 0, 0)');

      await page.getByRole('button', { name: 'Find in this document' }).click();
      await page.getByRole('searchbox', { name: 'Find in this document' }).fill('keeper owns');
      await page.getByText('1 of 1').waitFor();
      await shown.locator('.pdf-mark[data-kind="find"]').waitFor();
      expect(await faultsOf(page)).toEqual([]);
    },
  );

  test('words without a known place: nothing is marked, and it says so', { timeout: 120_000 }, async () => {
    const turned = withOrientation(scanOf(line, 'jpeg'), 3);
    const shown = await open('turned.jpg', turned);
    await page.getByText('nothing is marked').waitFor();
    expect(await shown.locator('img').count()).toBe(1);
    expect(await shown.locator('.pdf-mark').count()).toBe(0);
    await page.getByRole('button', { name: 'Show the text' }).click();
    expect(await page.locator('mark').textContent()).toBe(line);
  });
});

/** Where the file itself says that the words of the passage stand, in shares of the page. */
async function boxesOf(
  bytes: Buffer,
  { page: number, content }: Pick<Chunk, 'page' | 'content'>,
): Promise<Box[]> {
  const opening = getDocument({ data: new Uint8Array(bytes), verbosity: 0 });
  const pdf = await opening.promise;
  const page = await pdf.getPage(number ?? 1);
  const { width, height } = page.getViewport({ scale: 1 });
  const [left = 0, bottom = 0] = page.view;
  const passage = lettersOf(content);
  const { items } = await page.getTextContent();
  const boxes = items.flatMap((item) => {
    if (!('str' in item) || lettersOf(item.str).length < 4 || !passage.includes(lettersOf(item.str)))
      return [];
    const [, , , , x = 0, y = 0] = item.transform as number[];
    const top = height - (y - bottom) - item.height;
    return [
      { x: (x - left) / width, y: top / height, width: item.width / width, height: item.height / height },
    ];
  });
  await opening.destroy();
  return boxes;
}

function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .toLowerCase();
}
