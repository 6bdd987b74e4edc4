import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

/** More than two pages of the list, and than the server gives at a time. */
const many = 230;
/** Added at the same time. */
const together = 10;

describe.skipIf(chromiumPath === undefined)(
  'many documents in the web app',
  { ...inBrowser, timeout: 180_000 },
  () => {
    let app: TestApp;
    let browser: Browser;

    beforeAll(async () => {
      await buildWeb();
      // Nothing of them is read here.
      [app, browser] = await Promise.all([startTestApp({ env: { ROLE: 'web' } }), launchBrowser()]);
    }, 240_000);

    afterAll(async () => {
      await browser?.close();
      await app?.close();
    });

    test('stay shown and chosen when something changes elsewhere', async () => {
      const person = await newPerson(app.baseUrl);
      const { conversations, documents } = person.client;
      const { id } = await conversations.create({ title: 'Many' });
      const add = async (at: number) =>
        (await documents.addText(id, { name: `file ${at}.txt`, text: `Number ${at}.` })).document;
      const first = await add(0);
      for (let at = 1; at < many; at += together) {
        const next = Array.from({ length: Math.min(together, many - at) }, (_, more) => add(at + more));
        await Promise.all(next);
      }
      const { page, complaints } = await openSignedIn(browser, person);
      await page.goto(`${app.baseUrl}/dashboard/documents`);
      const rows = page.locator('tr[data-document]');
      for (const shown of [100, 200]) {
        await expect.poll(() => rows.count()).toBe(shown);
        await page.getByRole('button', { name: 'Show more' }).click();
      }
      await expect.poll(() => rows.count()).toBe(many);
      await page.getByLabel('Choose all that are shown').check();
      await page.getByText(`${many} documents chosen`).waitFor();
      await documents.update(first.id, { name: 'renamed.txt' });
      await rows.filter({ hasText: 'renamed.txt' }).waitFor();
      await page.getByText(`${many} documents chosen`).waitFor();
      expect(await rows.count()).toBe(many);
      await add(many);
      await expect.poll(() => rows.count()).toBe(many + 1);
      await page.getByText(`${many} documents chosen`).waitFor();

      // Another filter begins at the first page.
      await page.getByLabel('Part of the name').fill('file');
      await expect.poll(() => rows.count()).toBe(100);
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  },
);
