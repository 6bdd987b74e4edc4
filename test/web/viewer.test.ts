import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askJson } from '../answers/support/asking.ts';
import { pdfFile } from '../documents/support/files.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import type { ReceivedPrompt } from '../support/provider-behaviours.ts';
import { axe, faultsOf } from './support/axe.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
const deep = 'The harbour basin is nine metres deep.';
const dredged = 'Dredging of the harbour begins in October.';
const earned = 'The harbour earned 4,310 crowns in spring.';
const pages = ['What the survey holds', deep, dredged, 'Tides', 'Boats', 'Sources'];
/** On the first page: a link to the third one, which is the eighth object, and one to the web. */
const links =
  '/Annots[<</Type/Annot/Subtype/Link/Rect[72 600 200 620]/Dest[8 0 R/Fit]>><</Type/Annot/Subtype/Link/Rect[72 500 200 520]/A<</S/URI/URI(https://example.org/tides)>>>><</Type/Annot/Subtype/Link/Rect[72 400 200 420]/A<</S/JavaScript/JS(app.alert\\(1\\))>>>>]';

describe.skipIf(chromiumPath === undefined)('a cited original beside the chat', inBrowser, () => {
  let provider: Provider;
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let conversation: string;
  let survey: string;

  beforeAll(async () => {
    await buildWeb();
    provider = await startProvider();
    const env = { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat' };
    [app, browser] = await Promise.all([startTestApp({ env }), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    conversation = (await person.client.conversations.create({ title: 'Harbour' })).id;
    const { name, bytes } = pdfFile('survey.pdf', pages, '', [links]);
    const upload = { name, blob: new Blob([bytes]) };
    survey = (await person.client.documents.upload(conversation, upload)).document.id;
    const { document } = await person.client.documents.addText(conversation, {
      name: 'ledger.txt',
      text: earned,
    });
    for (const id of [survey, document.id]) await person.client.documents.wait(id);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await provider?.close();
  });

  async function openSurvey(page: Page, place: Record<string, string> = {}): Promise<void> {
    const query = new URLSearchParams({ document: survey, page: '1', ...place });
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${conversation}?${query}`);
    await page.locator('.pdf-page canvas').first().waitFor();
  }

  test('has thumbnails, sizes, a search, and links that lead where they say', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await page.addInitScript(axe);
    await openSurvey(page);
    const field = page.locator('input[inputmode=numeric]');
    const sheet = page.locator('.pdf-page[data-page="1"]');
    const width = async () => (await sheet.boundingBox())?.width ?? 0;
    const fitted = await width();
    await page.getByRole('button', { name: 'Larger' }).click();
    await expect.poll(width).toBeCloseTo(fitted * 1.2, -1);
    await page.getByRole('button', { name: 'Smaller' }).click();
    await page.getByRole('button', { name: 'Smaller' }).click();
    await expect.poll(width).toBeCloseTo(fitted / 1.2, -1);
    await page.getByRole('button', { name: 'Fit the width' }).click();
    await expect.poll(width).toBe(fitted);

    await page.getByRole('button', { name: 'Thumbnails' }).click();
    const thumbnails = page.getByRole('navigation', { name: 'Thumbnails' });
    await expect.poll(() => thumbnails.getByRole('button').count()).toBe(pages.length);
    await thumbnails.locator('canvas').first().waitFor();
    await thumbnails.getByRole('button', { name: 'Page 4' }).click();
    await expect.poll(() => field.inputValue()).toBe('4');
    await expect
      .poll(() => thumbnails.locator('[aria-current=page]').getAttribute('aria-label'))
      .toBe('Page 4');
    expect(await faultsOf(page)).toEqual([]);
    // The page that is read stays where it is when there is more room for it.
    await page.getByRole('button', { name: 'Thumbnails' }).click();
    await thumbnails.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Larger' }).click();
    await expect.poll(width).toBeGreaterThan(fitted * 1.1);
    await page.getByRole('button', { name: 'Fit the width' }).click();
    await expect.poll(width).toBe(fitted);
    await expect.poll(() => field.inputValue()).toBe('4');

    await page.getByTestId('original').focus();
    await page.keyboard.press('p');
    await expect.poll(() => field.inputValue()).toBe('3');
    await page.keyboard.press('n');
    await expect.poll(() => field.inputValue()).toBe('4');
    await field.fill('2');
    await field.press('Enter');
    await page.locator('.pdf-page[data-page="2"] canvas').waitFor();

    await page.getByRole('button', { name: 'Find in this document' }).click();
    await page.getByRole('searchbox', { name: 'Find in this document' }).fill('HARBOUR');
    await page.getByText('1 of 2').waitFor();
    await page.locator('.pdf-page[data-page="2"] .pdf-mark[data-kind=find]').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('2 of 2').waitFor();
    await expect.poll(() => field.inputValue()).toBe('3');
    await page.locator('.pdf-page[data-page="3"] .pdf-mark[data-kind=find]').waitFor();
    await page.getByRole('button', { name: 'Previous match' }).click();
    await page.getByText('1 of 2').waitFor();
    await page.getByRole('searchbox', { name: 'Find in this document' }).fill('whale');
    await page.getByText('not found').waitFor();
    await page.keyboard.press('Escape');

    await field.fill('1');
    await field.press('Enter');
    const away = sheet.getByRole('link');
    await away.waitFor();
    // A script of the file is no link, and never runs.
    expect(await sheet.getByRole('link').count()).toBe(1);
    expect(await sheet.getByRole('button').count()).toBe(1);
    expect(await away.getAttribute('href')).toBe('https://example.org/tides');
    expect(await away.getAttribute('rel')).toContain('noopener');
    expect(await away.getAttribute('target')).toBe('_blank');
    await sheet.getByRole('button', { name: 'Page 3' }).click();
    await expect.poll(() => field.inputValue()).toBe('3');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('says why it could not be saved, or not be opened', limits, async () => {
    const { page } = await openSignedIn(browser, person);
    await openSurvey(page);
    await page.route(`**/documents/${survey}/content`, (route) => route.fulfill({ status: 503 }));
    await page.getByRole('button', { name: 'Download' }).click();
    await page.getByRole('alert').getByText('The server answered with status 503.').waitFor();
    await page.unrouteAll();
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    await saved;
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);

    await page.route(`**/documents/${survey}`, (route) => route.fulfill({ status: 503 }));
    await page.reload();
    await page.getByRole('alert').getByText('The server answered with status 503.').waitFor();
    await page.context().close();
  });

  test('is the one of the link that was followed last', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    const { documents } = await person.client.documents.list(conversation);
    const ledger = documents.find(({ name }) => name === 'ledger.txt')?.id ?? '';
    const late = Promise.withResolvers<void>();
    await page.route(`**/documents/${survey}`, async (route) => {
      await late.promise;
      await route.continue();
    });
    const address = `/dashboard/chatbot/${conversation}?document=`;
    const asked = page.waitForRequest(`**/documents/${survey}`);
    await page.goto(`${app.baseUrl}${address}${survey}`);
    await asked;
    // A link of the page itself: nothing is loaded anew.
    await page.evaluate((href) => {
      const link = Object.assign(document.createElement('a'), { href });
      document.body.append(link);
      link.click();
    }, `${address}${ledger}`);
    await page.getByRole('heading', { level: 2, name: 'ledger.txt' }).waitFor();
    const response = page.waitForResponse(`**/documents/${survey}`);
    late.resolve();
    await response;
    await page.waitForTimeout(500);
    await page.getByRole('heading', { level: 2, name: 'ledger.txt' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('marks nothing where the words are not on the page for certain, and says so', limits, async () => {
    const { chunks } = await person.client.documents.chunks(survey);
    const chunk = chunks.find(({ content }) => content.includes(deep));
    const { page, complaints } = await openSignedIn(browser, person);
    // What another reader makes of the same page.
    await page.route(/\/documents\/[^/]+\/text/, async (route) => {
      const response = await route.fetch();
      const read = (await response.json()) as { text: string };
      await route.fulfill({ response, json: { ...read, text: read.text.replaceAll(/[aeo]/g, 'x') } });
    });
    const place = { page: String(chunk?.page), passage: chunk?.id ?? '' };
    await openSurvey(page, place);
    await page.getByRole('status').getByText('so nothing is marked').waitFor();
    expect(await page.locator('.pdf-mark').count()).toBe(0);
    await page.unroute(/\/documents\/[^/]+\/text/);
    await openSurvey(page, place);
    await page.locator('.pdf-mark').first().waitFor();
    expect(await page.getByText('so nothing is marked').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('shows a text as what its parts are, and marks what is cited exactly', limits, async () => {
    const station = [
      '# Heron station',
      'Herons are watched all year.',
      '## Nests ##',
      '| Month | Nests |\n| --- | --- |\n| May | 412 |\n| June | 398 |',
      '- Bring a ladder\n- Leave the pier before noon',
      '```sh\ncount --nests\n```',
    ].join('\n\n');
    const { id } = await person.client.conversations.create({ title: 'Station' });
    const { document } = await person.client.documents.addText(id, { name: 'station.md', text: station });
    await person.client.documents.wait(document.id);
    const left = 'Leave the pier before noon';
    provider.script(behave.answer((prompt) => `${left} [${numberOf(left, prompt)}].`));
    const { body } = await askJson(person, id, 'When does one leave the pier?');
    const [citation] = body.citations;
    expect(citation?.verification).toBe('verified');

    const { page, complaints } = await openSignedIn(browser, person, {
      viewport: { width: 1400, height: 900 },
    });
    await page.addInitScript(axe);
    const open = async () => {
      await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
      await page.locator('article[data-status=complete] .pill').first().press('Enter');
      await page.getByRole('heading', { level: 2, name: 'station.md' }).waitFor();
      await page.getByTestId('original').locator('mark[data-kind=quote]').first().waitFor();
    };
    const shown = page.getByTestId('original');
    const words = (text: string) => text.replaceAll(/[^\p{L}\p{N}]/gu, '');
    const quoted = async () =>
      words((await shown.locator('mark[data-kind=quote]').allTextContents()).join(''));
    const quote = words(station.slice(citation?.quote_start ?? 0, citation?.quote_end ?? 0));
    await open();
    await shown.getByRole('heading', { level: 3, name: 'Heron station', exact: true }).waitFor();
    await shown.getByRole('heading', { level: 4, name: 'Nests', exact: true }).waitFor();
    expect(await shown.getByRole('columnheader').allTextContents()).toEqual(['Month', 'Nests']);
    expect(await shown.getByRole('cell').allTextContents()).toEqual(['May', '412', 'June', '398']);
    expect(await shown.getByRole('list').getByRole('listitem').allTextContents()).toEqual([
      '- Bring a ladder',
      '- Leave the pier before noon',
    ]);
    expect(await shown.locator('pre').textContent()).toBe('count --nests');
    expect(await shown.textContent()).not.toMatch(/[#|`]/);
    expect(await quoted()).toBe(quote);
    expect(quote).toContain(words(left));
    expect(await faultsOf(page)).toEqual([]);

    // As an earlier release has read it: its structure is guessed, the words are marked all the same.
    await page.route(/\/documents\/[^/]+\/text/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), blocks: null } });
    });
    await open();
    await shown.getByText('# Heron station').waitFor();
    expect(await quoted()).toBe(quote);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('follows the citations of an answer by keyboard, each as certain as it is', limits, async () => {
    const whales = 'Whales breed below the pier every winter.';
    provider.script(
      behave.answer((prompt) => {
        const [basin, ledger] = [numberOf(deep, prompt), numberOf(earned, prompt)];
        return `It says "${deep}" [${basin}]. ${whales} [${basin}] The harbour earned 9,999 crowns in spring [${ledger}].`;
      }),
    );
    await askJson(person, conversation, 'What is known of the harbour, its basin and what it earned?');
    const { page, complaints } = await openSignedIn(browser, person, {
      viewport: { width: 1400, height: 900 },
    });
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${conversation}`);
    const answer = page.locator('article[data-status=complete]').last();
    const pills = answer.locator('.pill');
    await expect.poll(() => pills.count()).toBe(3);
    await expect
      .poll(() => answer.getByTestId('statements').innerText())
      .toMatch(/3 statements: 1 verified, 1 unverified, 1 contradicted/);
    // Told apart without colour: by shape to the eye, by words to the ear.
    const looks = await pills.evaluateAll((all) =>
      all.map((pill) => {
        const { borderTopWidth, borderTopStyle, backgroundColor } = getComputedStyle(pill);
        const isFilled = backgroundColor !== 'rgba(0, 0, 0, 0)';
        const line = borderTopWidth === '0px' ? 'none' : borderTopStyle;
        return [isFilled, line, getComputedStyle(pill, '::before').content.includes('!')].join(' ');
      }),
    );
    expect(looks).toEqual(['true none false', 'false dotted false', 'false solid true']);
    const labels = await pills.evaluateAll((all) => all.map((pill) => pill.getAttribute('aria-label')));
    expect(labels[0]).toMatch(/^Source \d: survey\.pdf, page 2$/);
    expect(labels[1]).toContain('(not shown to hold)');
    expect(labels[2]).toMatch(/ledger\.txt \(the passage says otherwise\)/);

    await pills.first().press('Enter');
    await page.getByText('Citation 1 of 3').waitFor();
    await page.getByText('Verified: the passage says this.').waitFor();
    await page.locator('.pdf-page[data-page="2"] .pdf-mark[data-kind=quote]').first().waitFor();
    expect(await page.getByRole('button', { name: 'Previous citation' }).isDisabled()).toBe(true);
    await page.keyboard.press(']');
    await page.getByText('Citation 2 of 3').waitFor();
    await page.getByText('Unverified: the passage does not show this.').waitFor();
    await expect.poll(() => pills.nth(1).getAttribute('aria-current')).toBe('true');
    await page.keyboard.press(']');
    await page.getByText('Citation 3 of 3').waitFor();
    await page.getByRole('heading', { level: 2, name: 'ledger.txt' }).waitFor();
    await page.getByText('Contradicted:').waitFor();
    await page.getByTestId('original').locator('mark').first().waitFor();
    await page.keyboard.press(']');
    await page.keyboard.press('[');
    await page.getByText('Citation 2 of 3').waitFor();
    await page.getByRole('heading', { level: 2, name: 'survey.pdf' }).waitFor();
    await page.getByRole('button', { name: 'Previous citation' }).click();
    await page.getByText('Citation 1 of 3').waitFor();
    await expect.poll(() => pills.first().getAttribute('aria-current')).toBe('true');

    provider.setDefault(behave.answer('I cannot say.'));
    await askJson(person, conversation, 'How many whales live in the harbour?');
    await answer.getByText('No statement of this answer rests on your documents.').waitFor();
    expect(await answer.locator('.pill').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

/** Under which number the prompt shows the source with these words. */
function numberOf(words: string, { text }: ReceivedPrompt): string {
  const sources = [...text.matchAll(/<source n="(\d+)"[^>]*>([\s\S]*?)<\/source>/g)];
  return sources.find(([, , content = '']) => content.includes(words))?.[1] ?? '0';
}
