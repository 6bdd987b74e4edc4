import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, startTestApp } from '../support/app.ts';
import { linkIn, type MailServer, startMailServer } from '../support/mail-server.ts';
import { chromiumPath, inBrowser, launchBrowser, openWatchedPage } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';

describe.skipIf(chromiumPath === undefined)(
  'a forgotten password',
  { ...inBrowser, timeout: 240_000 },
  () => {
    let mail: MailServer;
    let browser: Browser;
    const closing: (() => Promise<unknown>)[] = [];
    beforeAll(async () => {
      await buildWeb();
      [mail, browser] = await Promise.all([startMailServer(), launchBrowser()]);
      closing.push(
        () => browser.close(),
        () => mail.close(),
      );
    }, 240_000);
    afterAll(async () => {
      for (const close of closing.toReversed()) await close();
    });

    async function openApp(env: Record<string, string>) {
      const app = await startTestApp({ env });
      closing.push(() => app.close());
      const person = await newPerson(app.baseUrl);
      const { page, complaints } = await openWatchedPage(browser, new URL(app.baseUrl).origin);
      page.setDefaultTimeout(30_000);
      await page.goto(`${app.baseUrl}/login`);
      await page.getByRole('button', { name: 'Sign in' }).waitFor();
      return { person, page, complaints, baseUrl: app.baseUrl };
    }

    test('is replaced by a link that is sent to its address', async () => {
      const { person, page, complaints, baseUrl } = await openApp({
        SMTP_URL: mail.url,
        MAIL_FROM: 'Alcove <alcove@example.org>',
        PUBLIC_URL: 'https://alcove.example.org',
      });
      await page.getByLabel('E-mail').fill(person.email);
      await page.getByRole('button', { name: 'I have forgotten my password' }).click();
      const dialog = page.getByRole('dialog', { name: 'Have a link sent to you' });
      expect(await dialog.getByLabel('E-mail').inputValue()).toBe(person.email);
      await dialog.getByRole('button', { name: 'Send the link' }).click();
      await page.getByRole('status').getByText('a link is on its way').waitFor();
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => mail.letters.at(-1)?.to, { timeout: 20_000 }).toEqual([person.email]);
      const letter = mail.letters.at(-1);
      const token = letter === undefined ? '' : new URL(linkIn(letter)).hash;

      const password = 'another long password';
      await page.goto(`${baseUrl}/setup${token}`);
      await page.getByLabel('New password').fill(password);
      await page.getByRole('button', { name: 'Set password' }).click();
      await page.getByLabel('E-mail').fill(person.email);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByLabel('Your question').waitFor();
      expect(complaints).toEqual([]);
    });

    test('is an administrator’s to replace where no letters are sent', async () => {
      const { page } = await openApp({});
      expect(await page.getByRole('button', { name: 'I have forgotten my password' }).count()).toBe(0);
    });
  },
);
