import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser, openWatchedPage } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const mostSteps = 80;

describe.skipIf(chromiumPath === undefined)('without a mouse', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    const { id } = await person.client.conversations.create({ title: 'Herons' });
    const text = 'The heron colony at Lake Sorrow held 412 nests in 2025.';
    const { document } = await person.client.documents.addText(id, { name: 'nests.txt', text });
    await person.client.documents.wait(document.id);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  test(
    'a person signs in, asks, follows a citation, searches, chooses, renames and deletes',
    {
      timeout: 120_000,
    },
    async () => {
      const { page, complaints } = await openWatchedPage(browser, new URL(app.baseUrl).origin);
      page.setDefaultTimeout(30_000);
      const { keyboard } = page;
      await page.goto(`${app.baseUrl}/login`);
      await page.getByLabel('E-mail').waitFor();
      await walkTo(page, /^E-mail/);
      await keyboard.type(person.email);
      await walkTo(page, /^Password/);
      await keyboard.type(person.password);
      await keyboard.press('Enter');
      await page.getByLabel('Your question').waitFor();

      await walkTo(page, /^Herons$/);
      await keyboard.press('Enter');
      await page.locator('li[data-document][data-status=ready]').waitFor();
      await keyboard.press('/');
      await keyboard.type('How many nests did the colony hold in 2025?');
      await keyboard.press('Enter');
      await page.locator('article[data-status=complete] .pill').first().waitFor();
      await walkTo(page, /^Source 1: nests\.txt/, 'Shift+Tab');
      await keyboard.press('Enter');
      await expect.poll(() => focusedName(page)).toBe('nests.txt');
      // Keys of the pane are letters in a field.
      await keyboard.press('/');
      await expect.poll(() => focusedName(page)).toBe('Your question');
      await keyboard.type('[a]');
      await expect.poll(() => page.getByLabel('Your question').inputValue()).toBe('[a]');
      await page.getByLabel('Your question').fill('');
      await walkTo(page, /^Source 1: nests\.txt/, 'Shift+Tab');
      await keyboard.press('Enter');
      await expect.poll(() => focusedName(page)).toBe('nests.txt');
      // Escape closes a dialog, and only then what is under it.
      await keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      await keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('heading', { level: 2, name: 'nests.txt' }).waitFor();
      await expect.poll(() => focusedName(page)).toBe('nests.txt');
      await keyboard.press('Escape');
      await expect.poll(() => focusedName(page)).toMatch(/^Source 1/);

      await keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
      await keyboard.type('All doc');
      await page.getByRole('option', { name: 'All documents' }).waitFor();
      await keyboard.press('Enter');
      await page.locator('tr[data-document]').waitFor();
      await walkTo(page, /^Choose “nests\.txt”$/);
      await keyboard.press('Space');
      await walkTo(page, /^Copy…$/, 'Shift+Tab');
      await keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Copy 1 document to' }).waitFor();
      await keyboard.press('Escape');
      await expect.poll(() => focusedName(page)).toBe('Copy…');

      await walkTo(page, /^Options of “Herons”$/, 'Shift+Tab');
      await keyboard.press('Enter');
      await expect.poll(() => focusedName(page)).toBe('Rename');
      await keyboard.press('Enter');
      await page.getByLabel('Title', { exact: true }).waitFor();
      await keyboard.type('Grey herons');
      await keyboard.press('Enter');
      await expect.poll(() => focusedName(page)).toBe('Grey herons');
      await walkTo(page, /^Options of “Grey herons”$/);
      await keyboard.press('Enter');
      await expect.poll(() => focusedName(page)).toBe('Rename');
      await keyboard.press('End');
      await keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Delete this conversation?' }).waitFor();
      await walkTo(page, /^Delete$/);
      await keyboard.press('Enter');
      await page.getByTestId('deleted-counts').waitFor();
      await walkTo(page, /^Done$/);
      await keyboard.press('Enter');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect((await person.client.conversations.list()).conversations).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test(
    'a person keeps their place when what they used goes away',
    {
      timeout: 120_000,
    },
    async () => {
      const { id } = await person.client.conversations.create({ title: 'Gulls' });
      for (const name of ['gulls.txt', 'more gulls.txt']) {
        const text = `The gull colony of ${name} held 90 nests in 2025.`;
        const { document } = await person.client.documents.addText(id, { name, text });
        await person.client.documents.wait(document.id);
      }
      const { page, complaints } = await openSignedIn(browser, person);
      const { keyboard } = page;
      const use = (name: string | RegExp) => page.getByRole('button', { name }).first().press('Enter');
      const settled = () => page.locator('article[data-status=complete] button').first().waitFor();
      await page.getByRole('link', { name: 'Gulls' }).click();
      await page
        .getByRole('region', { name: 'Questions to begin with' })
        .getByRole('button')
        .first()
        .press('Enter');
      await expect.poll(() => focusedName(page)).toBe('Your question');
      await settled();
      await use('Answer again');
      await expect.poll(() => focusedName(page)).toBe('Your question');
      await page.getByText('2 / 2').waitFor();
      await use('Previous version');
      await page.getByText('1 / 2').waitFor();
      await expect.poll(() => focusedName(page)).toBe('Alcove');
      await use('Bad answer');
      await page.getByLabel('What was wrong with it?').fill('Too short.');
      await keyboard.press('Enter');
      await page.getByLabel('What was wrong with it?').waitFor({ state: 'detached' });
      await expect.poll(() => focusedName(page)).toBe('Your question');

      await use('Options of “gulls.txt”');
      await page.getByRole('menuitem', { name: 'Rename' }).press('Enter');
      await page.getByLabel('Name', { exact: true }).waitFor();
      await keyboard.type('herring');
      await keyboard.press('Enter');
      await expect.poll(() => focusedName(page)).toBe('Open “herring.txt”');
      await use('Options of “herring.txt”');
      await page.getByRole('menuitem', { name: 'Delete' }).press('Enter');
      await expect.poll(() => focusedName(page)).toBe('Undo deleting “herring.txt”');
      await keyboard.press('Enter');
      await expect.poll(() => focusedName(page)).toBe('Open “herring.txt”');
      for (const name of ['herring.txt', 'more gulls.txt']) {
        await use(`Options of “${name}”`);
        await page.getByRole('menuitem', { name: 'Delete' }).press('Enter');
        await expect.poll(() => focusedName(page)).toBe(`Undo deleting “${name}”`);
      }
      for (const [name, next] of [
        ['more gulls.txt', 'Undo deleting “herring.txt”'],
        ['herring.txt', 'Documents'],
      ]) {
        await use(`Dismiss “${name}”`);
        await expect.poll(() => focusedName(page)).toBe(next);
      }

      await page.goto(`${app.baseUrl}/dashboard/settings`);
      await page.getByLabel('What it is for').fill('a script');
      await keyboard.press('Enter');
      await use('End the key “a script”');
      await expect.poll(() => focusedName(page)).toBe('API keys');
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );
});

/** Presses Tab until what has the focus is called so, as a person does who sees where it is. */
async function walkTo(page: Page, name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < mostSteps; step += 1) {
    const here = await focusedName(page);
    if (name.test(here)) return;
    passed.push(here);
    await page.keyboard.press(key);
  }
  throw new Error(`${name} was not met by ${key}: ${passed.join(' | ')}`);
}

/** What a screen reader would say of the element with the focus, more or less. */
function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return '';
    const label = element instanceof HTMLInputElement ? element.labels?.[0]?.innerText : undefined;
    return (element.getAttribute('aria-label') ?? label ?? element.innerText ?? '').trim();
  });
}
