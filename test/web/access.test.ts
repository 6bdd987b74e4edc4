import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
const nests = 'The heron colony at Lake Sorrow held 412 nests in 2025.';
/** What a person at a screen of 1280 px has at 200 and at 400 per cent. */
const zooms = [
  { width: 640, height: 400 },
  { width: 320, height: 256 },
];

describe.skipIf(chromiumPath === undefined)('the web app for eyes and hands of every kind', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let herons: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    herons = (await person.client.conversations.create({ title: 'Herons' })).id;
    const { document } = await person.client.documents.addText(herons, { name: 'nests.txt', text: nests });
    await person.client.documents.wait(document.id);
    await person.client.asking.ask(herons, { query: 'How many nests did the colony hold in 2025?' });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const open = (page: Page, path: string) => page.goto(`${app.baseUrl}/dashboard/${path}`);

  test('says by lines and system colours what its backgrounds say elsewhere', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person, { forcedColors: 'active' });
    await open(page, `chatbot/${herons}`);
    const pill = page.locator('.pill').first();
    await pill.waitFor();
    await expect.poll(() => styleOf(pill, 'border-top-style')).not.toBe('none');
    await expect
      .poll(() => styleOf(page.getByRole('tab', { selected: true }), 'border-bottom-width'))
      .toBe('2px');
    const current = page.getByRole('link', { name: 'Herons' });
    await expect.poll(() => styleOf(current, 'border-left-width')).toBe('3px');

    await page.getByRole('button', { name: 'More', exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => styleOf(page.locator('[data-highlighted]'), 'outline-style')).toBe('solid');
    await page.keyboard.press('Escape');
    await page.locator('[data-highlighted]').waitFor({ state: 'detached' });

    await page.keyboard.press('Control+k');
    await page.getByRole('option').first().waitFor();
    const option = page.getByRole('option', { selected: true });
    await expect.poll(() => styleOf(option, 'outline-style')).toBe('solid');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'See why' }).click();
    const bar = page.getByRole('tabpanel').locator('dd > span').first();
    await expect.poll(() => standsOut(bar)).toBe(true);
    await open(page, 'stats');
    const shares = page.locator('td [aria-hidden] > span');
    await shares.first().waitFor();
    await expect.poll(() => styleOf(shares.first(), 'border-top-style')).toBe('solid');
    await expect.poll(() => standsOut(shares.nth(1))).toBe(true);
    const rects = page.getByRole('img').locator('rect');
    await expect
      .poll(async () => (await styleOf(rects.first(), 'fill')) !== (await styleOf(rects.nth(1), 'fill')))
      .toBe(true);

    // What somebody else's answer adds to a conversation that is not open.
    const { id } = await person.client.conversations.create({ title: 'Terns' });
    await page.getByRole('link', { name: 'Terns' }).waitFor();
    await person.client.asking.ask(id, { query: 'Where do terns breed?' });
    const unread = page.getByRole('link', { name: 'Terns (new answer)' });
    await expect.poll(() => standsOut(unread.locator('span.rounded-full'))).toBe(true);
    await person.client.conversations.delete(id);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('has room for a mouse at the edge between two panes', limits, async () => {
    const { page } = await openSignedIn(browser, person);
    await open(page, `chatbot/${herons}`);
    await page.locator('.pill').first().waitFor();
    const edges = page.getByRole('separator');
    await expect.poll(() => edges.count()).toBe(2);
    for (const edge of await edges.all()) {
      const hitPx = () =>
        edge.evaluate((element) => {
          const { left, top, height } = element.getBoundingClientRect();
          const isHit = (x: number) => document.elementFromPoint(x, top + height / 2) === element;
          return Array.from({ length: 80 }, (_, index) => left - 40 + index).filter(isHit).length;
        });
      await expect.poll(hitPx).toBeGreaterThanOrEqual(24);
    }
    await page.context().close();
  });

  test('has nothing beside the screen at 200 and 400 per cent', { timeout: 180_000 }, async () => {
    for (const viewport of zooms) {
      const { page, complaints } = await openSignedIn(browser, person, { viewport });
      const check = (name: string) =>
        expect
          .poll(() => page.evaluate(widerThanTheScreen), { message: `${name} at ${viewport.width} px` })
          .toEqual([]);
      await check('a new conversation');
      await open(page, `chatbot/${herons}`);
      await page.locator('.pill').first().waitFor();
      await check('an answer');
      await page.locator('.pill').first().press('Enter');
      await page.locator('[data-testid=original] mark').first().waitFor();
      await check('an original');
      for (const [path, last] of [
        ['documents', 'tr[data-document]'],
        ['settings', 'section:has-text("My data")'],
        ['stats', 'section'],
        ['admin', 'section:has-text("Audit")'],
        ['search?q=heron', 'main li a'],
      ] as const) {
        await open(page, path);
        await page.locator(last).first().waitFor();
        await check(path);
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });

  test('writes each block of an answer from the side where its words begin', limits, async () => {
    const { id } = await person.client.conversations.create({ title: 'Both sides' });
    const content = [
      '## تعداد الأعشاش',
      '- في البحيرة 412 عشًا',
      '- in the marsh 20',
      '',
      '> ציטוט מן הדוח',
      '',
      'Herons nest in trees.',
      '',
      '1. First, from the left',
    ].join('\n');
    await person.client.messages.add(id, { role: 'assistant', content });
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, `chatbot/${id}`);
    const prose = page.locator('article .prose');
    await prose.locator('blockquote').waitFor();
    const directions = (selector: string) =>
      prose
        .locator(selector)
        .evaluateAll((elements) => elements.map((element) => getComputedStyle(element).direction));
    expect(await directions('h2, ul, blockquote')).toEqual(['rtl', 'rtl', 'rtl']);
    expect(await directions('ul > li')).toEqual(['rtl', 'ltr']);
    expect(await directions('ol, ol > li')).toEqual(['ltr', 'ltr']);
    // The line of a quotation stands where it begins.
    expect(await styleOf(prose.locator('blockquote'), 'border-right-width')).toBe('2px');
    await person.client.conversations.delete(id);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('shows characters of names that hide or turn others, and obeys none', limits, async () => {
    const turned = 'invoice\u202Efdp.exe';
    const shown = 'invoice⟨U+202E⟩fdp.exe';
    const person = await newPerson(app.baseUrl);
    const { client } = person;
    const { id } = await client.conversations.create({ title: turned });
    await client.conversations.create({ title: 'pay\u200Broll' });
    await client.conversations.create({ title: 'שלום' });
    await client.projects.create({ name: `p ${turned}` });
    await client.templates.create({ name: `t ${turned}`, starter_questions: [], from_conversation_id: id });
    await client.conversations.update(id, { tags: [turned] });
    await client.messages.add(id, { role: 'user', content: 'What is due?' });
    const { url } = await client.shares.create(id, { document_ids: [] });

    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, `chatbot/${id}`);
    const drawn = async () => `${await page.title()} ${await page.locator('body').innerText()}`;
    const hidden = async () => /\p{Cf}/u.test((await drawn()).replaceAll(/[\u2068\u2069]/g, ''));
    await page.getByRole('heading', { level: 1, name: shown }).waitFor();
    await page.getByRole('link', { name: 'pay⟨U+200B⟩roll' }).waitFor();
    await expect.poll(() => page.title()).toContain(shown);
    await page.locator('.chip').getByText(shown).waitFor();
    await expect.poll(hidden).toBe(false);

    await page.getByRole('button', { name: /^Project:/ }).click();
    await page.getByRole('menuitemradio', { name: `p ${shown}` }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Share…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(shown).waitFor();
    await expect.poll(hidden).toBe(false);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('invoice');
    await page.getByRole('option').getByText(shown).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await page.getByRole('link', { name: 'שלום' }).hover();
    await page.getByRole('button', { name: /Options of .*שלום/ }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    // The name is written from the right, the sentence around it from the left.
    await dialog.getByText('“\u2068שלום\u2069”').waitFor();
    await page.keyboard.press('Escape');

    await page.getByRole('link', { name: 'New conversation' }).click();
    await page.getByRole('button', { name: 'Start from a template' }).click();
    await dialog.getByText(`t ${shown}`).waitFor();
    await expect.poll(hidden).toBe(false);

    await page.goto(`${app.baseUrl}${new URL(url, app.baseUrl).pathname}`);
    await page.getByRole('heading', { level: 1, name: shown }).waitFor();
    await expect.poll(hidden).toBe(false);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

function styleOf(locator: Locator, property: string): Promise<string> {
  return locator.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
}

/** Whether its background is another one than that of the page. */
function standsOut(locator: Locator): Promise<boolean> {
  return locator.evaluate((element) => {
    const [own, around] = [element, document.body].map((one) => getComputedStyle(one).backgroundColor);
    return own !== around && own !== 'rgba(0, 0, 0, 0)';
  });
}

/** Runs in the page: what scrolls sideways and was not made for it. */
function widerThanTheScreen(): string[] {
  const page = document.documentElement;
  const ends = page.scrollWidth > innerWidth ? [`the page by ${page.scrollWidth - innerWidth} px`] : [];
  const scrolling = [...document.querySelectorAll('body *')].filter((element) => {
    const isMeant =
      /overflow-(x-)?auto|table-scroll/.test(element.getAttribute('class') ?? '') ||
      element.tagName === 'PRE';
    const { overflowX } = getComputedStyle(element);
    return !isMeant && /auto|scroll/.test(overflowX) && element.scrollWidth > element.clientWidth + 1;
  });
  return [...ends, ...scrolling.map((element) => element.outerHTML.slice(0, 160))];
}
