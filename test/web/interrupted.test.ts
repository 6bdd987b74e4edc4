import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHome, type Home } from '../durability/support/server-process.ts';
import { newPerson } from '../support/app.ts';
import { freePort } from '../support/free-port.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const whole = 'Herons nest in colonies, most often in tall trees beside quiet water.';

describe.skipIf(chromiumPath === undefined)(
  'an answer that is being written',
  { ...inBrowser, timeout: 180_000 },
  () => {
    let provider: Provider;
    let home: Home;
    let browser: Browser;

    beforeAll(async () => {
      await buildWeb();
      [provider, browser] = await Promise.all([startProvider(), launchBrowser()]);
      home = await createHome({ LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat', LEASE_S: '3' });
    }, 240_000);
    beforeEach(() => provider.reset());

    afterAll(async () => {
      await browser?.close();
      await home?.close();
      await provider?.close();
    });

    test('is whole in a page that was reloaded and in another tab', async () => {
      const server = await home.start();
      const { page, complaints } = await openSignedIn(browser, await newPerson(server.baseUrl));
      const rest = Promise.withResolvers<void>();
      provider.setDefault(behave.answer(whole, { until: rest.promise }));
      await ask(page);
      await page.reload();
      const other = await page.context().newPage();
      await other.goto(page.url());
      for (const tab of [page, other])
        await tab.locator('article[data-status=streaming]').getByText('Herons').waitFor();
      rest.resolve();
      for (const tab of [page, other]) await expectWhole(tab);
      expect(complaints).toEqual([]);
      await page.context().close();
      await server.end('SIGTERM');
    });

    test('is kept as far as it came when its server is killed, and asked again when it is back', async () => {
      const port = String(await freePort());
      const killed = await home.start({ PORT: port });
      const person = await newPerson(killed.baseUrl);
      const { page } = await openSignedIn(browser, person);
      provider.setDefault(behave.answer(whole));
      provider.script(behave.answer(whole, { until: new Promise(() => {}) }));
      await ask(page);
      // On every page, not only beside a conversation.
      const elsewhere = await page.context().newPage();
      await elsewhere.goto(`${killed.baseUrl}/dashboard/settings`);
      await elsewhere.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
      await killed.end('SIGKILL');
      const lost = page.getByText('The server cannot be reached. Trying again…');
      await lost.waitFor();
      await elsewhere.getByText(/^(The server cannot be reached\. Trying|Changes made elsewhere)/).waitFor();
      const back = await home.start({ PORT: port });
      await lost.waitFor({ state: 'detached', timeout: 60_000 });
      await elsewhere
        .getByText(/^(The server cannot be reached\. Trying|Changes made elsewhere)/)
        .waitFor({ state: 'detached' });
      const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
      const stored = async () => (await person.client.conversations.get(id)).messages.at(-1)?.status;
      await expect.poll(stored, { timeout: 60_000 }).toBe('incomplete');
      const broken = page.locator('article[data-status=incomplete]');
      await broken.getByText('Herons').waitFor({ timeout: 60_000 });
      await broken.getByRole('button', { name: 'Ask again' }).click();
      await expectWhole(page);
      await page.context().close();
      await back.end('SIGTERM');
    });

    test('goes on where its model had to end it, whatever language the page has', async () => {
      const server = await home.start();
      const { page, complaints } = await openSignedIn(browser, await newPerson(server.baseUrl));
      provider.setDefault(behave.answer(whole));
      provider.script(behave.answer('Herons nest in', { finish: 'length' }));
      await page.getByLabel('Your question').fill('Where do herons nest?');
      await page.keyboard.press('Enter');
      const goOn = page.getByRole('button', { name: 'Continue' });
      await goOn.waitFor();
      await page.evaluate(() => localStorage.setItem('alcove-language', 'de'));
      await page.reload();
      await page.getByRole('button', { name: 'Fortsetzen' }).click();
      await page.locator('article[data-status=complete]').getByText(whole).waitFor();
      await page.getByRole('button', { name: 'Fortsetzen' }).waitFor({ state: 'detached' });
      expect(complaints).toEqual([]);
      await page.context().close();
      await server.end('SIGTERM');
    });
  },
);

/** Asks in a new conversation, up to the first word of the answer. */
async function ask(page: Page): Promise<void> {
  await page.getByLabel('Your question').fill('Where do herons nest?');
  await page.keyboard.press('Enter');
  await page.locator('article[data-status=streaming]').getByText('Herons').waitFor();
  await page.waitForURL(/chatbot\/[0-9a-f-]{36}$/);
}

async function expectWhole(page: Page): Promise<void> {
  const answers = page.locator('article[data-status=complete]');
  await answers.waitFor({ timeout: 60_000 });
  await expect.poll(() => answers.count()).toBe(1);
  await expect.poll(async () => (await answers.locator('.prose').innerText()).trim()).toBe(whole);
}
