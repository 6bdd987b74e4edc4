import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
const nests = 'The heron colony at Lake Sorrow held 412 nests in 2025.';

describe.skipIf(chromiumPath === undefined)('what a person chooses in the web app', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const open = (page: Page, path: string) => page.goto(`${app.baseUrl}/dashboard/${path}`);

  test('a name, a password, colours, a size of text and a language hold', limits, async () => {
    const own = await newPerson(app.baseUrl);
    const { page, complaints } = await openSignedIn(browser, own);
    await open(page, 'settings');
    const profile = page.getByRole('region', { name: 'Profile' });
    await profile.getByRole('textbox').fill('Ada Holm');
    await profile.getByRole('button', { name: 'Save' }).click();
    await profile.getByText('Saved.').waitFor();
    const root = page.locator('html');
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [light, letterPx] = [
      await paper(),
      await page.evaluate(() => getComputedStyle(document.documentElement).fontSize),
    ];
    await page.getByLabel('Colours').selectOption('dark');
    await expect.poll(paper).not.toBe(light);
    await page.getByLabel('Size of text').selectOption('large');
    await expect
      .poll(() => root.evaluate((element) => getComputedStyle(element).fontSize))
      .toBe(`${Number.parseFloat(letterPx) * 1.125}px`);

    const password = page.getByRole('region', { name: 'Password', exact: true });
    const change = async (current: string) => {
      await password.getByLabel('Current password').fill(current);
      await password.getByLabel('New password').fill('another long password');
      await password.getByRole('button', { name: 'Change password' }).click();
    };
    await change('not the password');
    await password.getByRole('alert').waitFor();
    await change(own.password);
    await password.getByText('The password is changed.').waitFor();
    expect((await own.fetch('/auth/me')).status).toBe(401);

    await page.getByLabel('Language').selectOption('de');
    await page.getByRole('heading', { level: 1, name: 'Einstellungen' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Einstellungen' }).waitFor();
    await expect.poll(() => root.getAttribute('lang')).toBe('de');
    await expect.poll(() => root.getAttribute('data-theme')).toBe('dark');
    await expect.poll(() => root.getAttribute('data-text-size')).toBe('large');
    await expect
      .poll(() => page.getByRole('region', { name: 'Profil' }).getByRole('textbox').inputValue())
      .toBe('Ada Holm');
    // The browser tells of the refused password by itself.
    expect(complaints.filter((one) => !/status of 4\d\d .*\/auth\/password/.test(one))).toEqual([]);
    await page.context().close();
  });

  test('files are pasted, chosen as a folder, downloaded, and used as they are told', limits, async () => {
    const { id } = await person.client.conversations.create({ title: 'Added' });
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, `chatbot/${id}`);
    await page.getByRole('heading', { level: 1, name: 'Added' }).waitFor();
    const row = (name: string) => page.locator('li[data-document]').filter({ hasText: name });
    const ready = (name: string) =>
      expect.poll(() => row(name).getAttribute('data-status'), { timeout: 30_000 }).toBe('ready');
    const paste = (more: Record<string, string>) =>
      page.evaluate(
        ({ text, more: texts }) => {
          const data = new DataTransfer();
          data.items.add(new File([text], 'pasted.txt', { type: 'text/plain' }));
          for (const [type, value] of Object.entries(texts)) data.setData(type, value);
          const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
          document.body.dispatchEvent(event);
        },
        { text: nests, more },
      );
    // A picture of a text beside the text itself, as office programs give it: the text is meant.
    await paste({ 'text/plain': nests });
    await paste({});
    await ready('pasted.txt');
    expect(await page.locator('li[data-document]').count()).toBe(1);

    const folder = page.locator('input[type=file][webkitdirectory]').first();
    const transfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      for (const name of ['one.txt', 'two.txt', '.hidden'])
        data.items.add(new File([`The pier of ${name} is 90 m long.`], name, { type: 'text/plain' }));
      return data;
    });
    await folder.evaluate((input: HTMLInputElement, data) => {
      input.files = data.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }, transfer);
    await ready('one.txt');
    await ready('two.txt');
    expect(await page.locator('li[data-document]').count()).toBe(3);

    const choose = async (name: string, item: string, role: 'menuitem' | 'menuitemradio') => {
      await row(name)
        .getByRole('button', { name: /^Options of/ })
        .click();
      await page.getByRole(role, { name: item, exact: true }).click();
    };
    const download = page.waitForEvent('download');
    await choose('pasted.txt', 'Download', 'menuitem');
    const saved = await download;
    expect(saved.suggestedFilename()).toBe('pasted.txt');
    expect(await readFile(await saved.path(), 'utf8')).toBe(nests);

    const modeOf = async () =>
      (await person.client.documents.list(id)).documents.find(({ name }) => name === 'pasted.txt')
        ?.context_mode;
    for (const [item, note, mode] of [
      ['As a whole', 'given whole', 'full'],
      ['Searched', 'searched', 'search'],
      ['Not at all', 'switched off', 'off'],
    ] as const) {
      await choose('pasted.txt', item, 'menuitemradio');
      await row('pasted.txt').getByText(note).waitFor();
      expect(await modeOf()).toBe(mode);
    }
    // What is switched off is not answered from.
    await page.getByLabel('Your question').fill('How many nests did the colony hold in 2025?');
    await page.keyboard.press('Enter');
    await page.locator('article[data-status=complete]').waitFor();
    expect(await page.locator('article[data-status=complete]').innerText()).not.toContain('412');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('the keyboard skips what stands before the question and before the content', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    const focused = () => page.evaluate(() => document.activeElement?.id);
    for (const [path, skip, target] of [
      ['chatbot', 'Skip to the question field', 'composer'],
      ['settings', 'Skip to the content', 'content'],
    ] as const) {
      await open(page, path);
      await page.getByRole('heading').first().waitFor();
      const link = page.getByRole('link', { name: skip });
      await link.focus();
      await expect.poll(async () => (await link.boundingBox())?.width ?? 0).toBeGreaterThan(40);
      await page.keyboard.press('Enter');
      await expect.poll(focused).toBe(target);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
