import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHome, type Home, type ServerProcess } from '../durability/support/server-process.ts';
import { chromiumPath, inBrowser, launchBrowser, openWatchedPage } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';

describe.skipIf(chromiumPath === undefined)(
  'the first account of a server that others reach',
  { ...inBrowser, timeout: 240_000 },
  () => {
    let browser: Browser;
    const homes: Home[] = [];
    beforeAll(async () => {
      await buildWeb();
      browser = await launchBrowser();
    }, 240_000);
    afterAll(async () => {
      await browser?.close();
      for (const home of homes) await home.close();
    });

    async function start(): Promise<ServerProcess & { setupAddress: string }> {
      const home = await createHome({ ALLOWED_HOSTS: 'alcove.example.org', REGISTRATION: '' });
      homes.push(home);
      const server = await home.start();
      const said = /There is no account yet\. .* at http:\/\/localhost:\d+(\/setup#code=\w+)$/m;
      await expect.poll(() => said.test(server.output())).toBe(true);
      return { ...server, setupAddress: `${server.baseUrl}${said.exec(server.output())?.[1]}` };
    }

    async function fillIn(
      page: Awaited<ReturnType<typeof openWatchedPage>>['page'],
      [email, password, create]: string[],
    ) {
      await page.getByLabel(email ?? '').fill('ada@example.org');
      await page.getByLabel(password ?? '').fill('a good long password');
      await page.getByRole('button', { name: create ?? '' }).click();
    }

    test('is made at the address that the log shows, which the browser does not keep', async () => {
      const { setupAddress, baseUrl } = await start();
      const { page, complaints } = await openWatchedPage(browser, new URL(baseUrl).origin);
      page.setDefaultTimeout(30_000);
      await page.goto(setupAddress);
      await page.getByRole('heading', { name: 'Create the first account' }).waitFor();
      await page.waitForURL(`${baseUrl}/login`);
      const code = new URL(setupAddress).hash.slice('#code='.length);
      expect(await page.getByLabel('Setup code').inputValue()).toBe(code);
      await fillIn(page, ['E-mail', 'Password', 'Create account']);
      await page.getByLabel('Your question').waitFor();
      expect(complaints).toEqual([]);
      // Afterwards the same address only leads to the sign-in.
      const other = await openWatchedPage(browser, new URL(baseUrl).origin);
      await other.page.goto(setupAddress);
      await other.page.getByRole('button', { name: 'Sign in' }).waitFor();
      await other.page.waitForURL(`${baseUrl}/login`);
      expect(await other.page.getByLabel('Setup code').count()).toBe(0);
    });

    test('asks for the code where the address has none, and says in German where it is', async () => {
      const { setupAddress, baseUrl } = await start();
      const code = new URL(setupAddress).hash.slice('#code='.length);
      const { page } = await openWatchedPage(browser, new URL(baseUrl).origin, { locale: 'de' });
      page.setDefaultTimeout(30_000);
      await page.goto(`${baseUrl}/setup`);
      // What is typed before belongs to the page that leads there.
      await page.waitForURL(`${baseUrl}/login`);
      await page.getByLabel('Einrichtungscode').fill('0'.repeat(32));
      await fillIn(page, ['E-Mail', 'Passwort', 'Konto anlegen']);
      await page.getByText('Das ist nicht der Einrichtungscode dieses Servers').waitFor();
      await page.getByLabel('Einrichtungscode').fill(code);
      await page.getByRole('button', { name: 'Konto anlegen' }).click();
      await page.getByLabel('Ihre Frage').waitFor();
    });
  },
);
