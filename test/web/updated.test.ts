import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const told = 'A part of this page is missing, perhaps because Alcove was updated.';

describe.skipIf(chromiumPath === undefined)(
  'a page that was open when the server was updated',
  { ...inBrowser, timeout: 120_000 },
  () => {
    let app: TestApp;
    let browser: Browser;

    beforeAll(async () => {
      await buildWeb();
      [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    }, 240_000);

    afterAll(async () => {
      await browser?.close();
      await app?.close();
    });

    /** The parts that this page has not fetched yet are those of another version. */
    const update = (page: Page) =>
      page.route('**/_app/immutable/**', (route) => route.fulfill({ status: 404 }));

    test('says that it has to be loaded again, and keeps what was written', async () => {
      const person = await newPerson(app.baseUrl);
      const { page } = await openSignedIn(browser, person);
      const field = page.getByLabel('Your question');
      await field.fill('How long is the pier?');
      await update(page);
      await page.keyboard.press('Control+k');
      const note = page.getByText(told);
      await note.waitFor();
      await page.unroute('**/_app/immutable/**');
      // What was asked for is not waited for in secret: it can be asked for again.
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Load again' }).click();
      await note.waitFor({ state: 'detached' });
      await expect.poll(() => field.inputValue()).toBe('How long is the pier?');
      await page.context().close();
    });

    test('says so of a dialog, too, and does not open it later', async () => {
      const person = await newPerson(app.baseUrl);
      const { id } = await person.client.conversations.create({ title: 'Piers' });
      const { page } = await openSignedIn(browser, person);
      await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
      await page.getByRole('button', { name: 'More', exact: true }).click();
      await update(page);
      await page.getByRole('menuitem', { name: 'Share' }).click();
      await page.getByText(told).waitFor();
      await page.unroute('**/_app/immutable/**');
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      expect(await page.getByRole('dialog').count()).toBe(1);
      expect(await page.getByRole('button', { name: 'Make a link' }).count()).toBe(0);
      await page.context().close();
    });
  },
);
