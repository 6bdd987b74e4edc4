import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

/** What of the chat can be read beside a pane. */
const narrowestChat = 384;

describe.skipIf(chromiumPath === undefined)('panes', { ...inBrowser, timeout: 120_000 }, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let herons: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    herons = (await person.client.conversations.create({ title: 'Herons' })).id;
    await person.client.messages.add(herons, { role: 'user', content: 'The only one.' });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const sidebar = (page: Page) => page.getByRole('complementary', { name: 'Main' });
  const sources = (page: Page) => page.getByRole('complementary', { name: 'Documents and sources' });
  const chat = (page: Page) => page.getByRole('region', { name: 'Herons' });
  const widthOf = async (page: Page, pane: typeof chat) => (await pane(page).boundingBox())?.width ?? 0;
  const openHerons = async (width: number) => {
    const watched = await openSignedIn(browser, person, { viewport: { width, height: 800 } });
    await watched.page.goto(`${app.baseUrl}/dashboard/chatbot/${herons}`);
    await watched.page.getByText('The only one.').waitFor();
    return watched;
  };

  test.each([800, 1_000, 1_199])(
    'at %i px leave the chat its room, and come back as they were left',
    async (width) => {
      const { page, complaints } = await openHerons(width);
      await sidebar(page).waitFor();
      const button = page.getByRole('button').filter({ has: page.getByLabel('Documents (0)') });
      await button.click();
      await sources(page).waitFor();
      expect(await widthOf(page, chat)).toBeGreaterThanOrEqual(narrowestChat - 4);
      // As far to the left as it goes.
      const splitter = page.getByRole('separator', { name: 'Width of documents and sources' });
      await splitter.focus();
      await page.keyboard.press('End');
      await expect.poll(() => widthOf(page, chat)).toBe(narrowestChat);
      await sidebar(page).waitFor({ state: 'detached' });
      // It has got the sidebar's room, and gives it away again.
      await expect.poll(() => widthOf(page, chat)).toBe(narrowestChat);
      const widest = await widthOf(page, sources);
      await page.reload();
      await page.getByText('The only one.').waitFor();
      await expect.poll(() => widthOf(page, sources)).toBe(widest);
      await page.getByRole('button', { name: 'Show conversations' }).click();
      await page.getByRole('dialog').getByRole('link', { name: 'Herons' }).waitFor();
      await page.keyboard.press('Escape');
      await splitter.focus();
      await page.keyboard.press('Home');
      await expect.poll(() => widthOf(page, sources)).toBe(320);
      const hasRoom = width - 264 - 320 >= narrowestChat;
      await expect.poll(() => sidebar(page).isVisible()).toBe(hasRoom);
      await button.click();
      await sources(page).waitFor({ state: 'detached' });
      await sidebar(page).waitFor();
      await page.reload();
      await page.getByText('The only one.').waitFor();
      expect(await sources(page).count()).toBe(0);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test('of the conversations stays open over the page when the conversation changes elsewhere', async () => {
    const { page, complaints } = await openHerons(700);
    await page.getByRole('button', { name: 'Show conversations' }).click();
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('link', { name: 'Herons' }).waitFor();
    await person.client.conversations.rename(herons, 'Herons of the lake');
    await sheet.getByRole('link', { name: 'Herons of the lake' }).waitFor();
    await person.client.conversations.rename(herons, 'Herons');
    await sheet.getByRole('link', { name: 'Herons', exact: true }).click();
    await sheet.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('of the conversations is put away and taken back on every page, and remembered', async () => {
    const { page, complaints } = await openHerons(1_280);
    await page.getByRole('button', { name: 'Hide conversations' }).click();
    await sidebar(page).waitFor({ state: 'detached' });
    const show = page.getByRole('button', { name: 'Show conversations' });
    await expect.poll(() => show.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.goto(`${app.baseUrl}/dashboard/settings`);
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    expect(await sidebar(page).count()).toBe(0);
    await show.click();
    await sidebar(page).waitFor();
    await page.reload();
    await sidebar(page).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
