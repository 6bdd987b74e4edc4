import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

describe.skipIf(chromiumPath === undefined)('the palette', { ...inBrowser, timeout: 120_000 }, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let herons: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    herons = (await person.client.conversations.create({ title: 'Herons' })).id;
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const find = async (page: Page, typed: string, command: string) => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill(typed);
    await page.getByRole('option', { name: command, selected: true }).waitFor();
  };
  const use = async (page: Page, typed: string, command: string) => {
    await find(page, typed, command);
    await page.keyboard.press('Enter');
    await page.getByRole('combobox').waitFor({ state: 'detached' });
  };
  const theme = (page: Page) => page.evaluate(() => document.documentElement.dataset['theme']);

  test('does with the open conversation what its menu does', async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    const { client } = person;
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${herons}`);
    await page.getByRole('heading', { level: 1, name: 'Herons' }).waitFor();
    await use(page, 'unpin', 'Pin this conversation');
    await expect.poll(async () => (await client.conversations.get(herons)).pinned).toBe(true);
    await use(page, 'pin', 'Unpin this conversation');
    await expect.poll(async () => (await client.conversations.get(herons)).pinned).toBe(false);
    await use(page, 'share', 'Share this conversation…');
    await page.getByRole('button', { name: 'Make a link' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await use(page, 'export', 'Export this conversation…');
    await page.getByRole('dialog').getByLabel('Markdown').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await use(page, 'rename', 'Rename this conversation');
    await page.getByLabel('Title', { exact: true }).fill('Grey herons');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Grey herons' }).waitFor();
    await use(page, 'archive', 'Archive this conversation');
    await expect.poll(async () => (await client.conversations.get(herons)).status).toBe('archived');
    await use(page, 'archive', 'Take this conversation out of the archive');
    await expect.poll(async () => (await client.conversations.get(herons)).status).toBe('active');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('uploads, changes the colours, opens pages and begins anew', async () => {
    const { page, complaints } = await openSignedIn(browser, person, { colorScheme: 'light' });
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${herons}`);
    // Listened for before the page is there: the browser learns of it meanwhile, and cancels what nobody listens for.
    const choosing = page.waitForEvent('filechooser');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await find(page, 'upload', 'Add files…');
    await page.keyboard.press('Enter');
    const bytes = Buffer.from('The heron colony at Lake Sorrow held 412 nests in 2025.');
    await (await choosing).setFiles({ name: 'nests.txt', mimeType: 'text/plain', buffer: bytes });
    await page.locator('li[data-document][data-status=ready]').getByText('nests.txt').waitFor();
    await use(page, 'theme', 'Use dark colours');
    await expect.poll(() => theme(page)).toBe('dark');
    await use(page, 'theme', 'Use light colours');
    await expect.poll(() => theme(page)).toBe('light');
    await use(page, 'stats', 'Statistics');
    await page.getByRole('heading', { level: 1, name: 'Statistics' }).waitFor();
    // There is no conversation to look at there.
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('rename');
    await page.getByText('Nothing was found.').waitFor();
    await page.keyboard.press('Escape');
    await use(page, 'new conv', 'New conversation');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('composer');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('opens for somebody who has just closed it', async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await page.getByRole('combobox').waitFor({ state: 'detached' });
    for (let times = 0; times < 10; times += 1) {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').fill('rename');
      // As fast as the page takes them.
      await Promise.all([page.keyboard.press('Escape'), page.keyboard.press('Control+k')]);
      await page.waitForTimeout(100);
      expect(await page.getByRole('combobox').count()).toBe(1);
      await page.keyboard.press('Escape');
      await page.getByRole('combobox').waitFor({ state: 'detached' });
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('knows its commands in English and in German, and signs out', async () => {
    const { page } = await openSignedIn(browser, person);
    await find(page, 'einstell', 'Settings');
    await page.keyboard.press('Escape');
    await use(page, 'dunkel', 'Use dark colours');
    await page.evaluate(() => localStorage.setItem('alcove-language', 'de'));
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${herons}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await find(page, 'rename', 'Dieses Gespräch umbenennen');
    await page.keyboard.press('Escape');
    await find(page, 'helle', 'Helle Farben verwenden');
    await page.keyboard.press('Escape');
    await use(page, 'log out', 'Abmelden');
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    await page.context().close();
  });
});
