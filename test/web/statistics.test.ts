import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askJson, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

describe.skipIf(chromiumPath === undefined)('statistics in the web app', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  const provider = startProvider();

  beforeAll(async () => {
    await buildWeb();
    const { baseUrl } = await provider;
    const env = {
      LLM_BASE_URL: baseUrl,
      LLM_MODEL: 'test-chat',
      MODEL_PRICES: 'test-chat=2000/8000',
      PRICE_CURRENCY: 'EUR',
      TITLES: 'question',
    };
    [app, browser] = await Promise.all([startTestApp({ env }), launchBrowser()]);
    person = await newPerson(app.baseUrl);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await (await provider).close();
  });

  test(
    'show what models have read and written, by day, and what that cost',
    { timeout: 120_000 },
    async () => {
      (await provider).script(behave.answer('Hello.'));
      const { body } = await askJson(person, await newConversation(person), 'Hello?');
      const { input, output } = body.metadata.tokens;
      const { page, complaints } = await openSignedIn(browser, person, { timezoneId: 'America/New_York' });
      await page.goto(`${app.baseUrl}/dashboard/stats`);
      const row = page.getByRole('row').filter({ hasText: 'test-chat' });
      const cost = new Intl.NumberFormat('en', {
        style: 'currency',
        currency: 'EUR',
        maximumFractionDigits: 4,
      }).format((input * 2000 + output * 8000) / 1e6);
      await row.getByText(cost).waitFor();
      await page.getByRole('img', { name: 'Tokens per day (UTC)' }).waitFor();
      const [today = ''] = new Date().toISOString().split('T');
      const shown = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' }).format(
        new Date(today),
      );
      const chart = page.getByRole('figure').filter({ hasText: 'Tokens per day' });
      await chart.getByText('As a table').click();
      await chart.getByRole('cell', { name: shown }).waitFor();
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );
});
