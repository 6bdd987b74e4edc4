import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';
import { axe, faultsOf } from './support/axe.ts';
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
      const costs = page.getByRole('figure').filter({ hasText: 'Cost per day' });
      await costs.getByRole('img', { name: 'Cost per day (UTC)' }).waitFor();
      await costs.getByText('As a table').click();
      await costs.getByRole('row').filter({ hasText: shown }).getByText(cost).waitFor();
      // Nothing was searched yet: there is no rate to show.
      await page.getByRole('img', { name: 'Time by stage per day, median' }).waitFor();
      expect(await page.getByRole('img', { name: /^Searches per day/ }).count()).toBe(0);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test('show searches and the time of each stage, by day', { timeout: 120_000 }, async () => {
    const id = await newConversation(person);
    await addText(person, id, 'The lighthouse of Marsk was built in 1871.');
    (await provider).script(behave.answer('In 1871 [1].'));
    await askJson(person, id, 'When was the lighthouse of Marsk built?');
    const { page, complaints } = await openSignedIn(browser, person, { timezoneId: 'America/New_York' });
    await page.goto(`${app.baseUrl}/dashboard/stats`);
    const searches = page.getByRole('figure').filter({ hasText: 'Searches per day' });
    await searches.getByText('As a table').click();
    expect(await searches.getByRole('row').nth(1).getByRole('cell').allTextContents()).toEqual([
      expect.stringMatching(/\d{4}/),
      '1',
      '0',
    ]);
    const times = page.getByRole('figure').filter({ hasText: 'Time by stage per day' });
    await times.getByText('As a table').click();
    const stages = await times.getByRole('columnheader').allTextContents();
    expect(stages).toContain('Word search');
    expect(stages).toContain('Writing');
    expect(stages).not.toContain('Reranking');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('show administrators each day of the installation', { timeout: 120_000 }, async () => {
    const other = await newPerson(app.baseUrl);
    const id = await newConversation(other);
    await addText(other, id, 'Herons stand 98 cm tall. They wait in shallow water for fish.');
    (await provider).script(
      behave.answer('Herons stand 98 cm tall [1]. Herons are 500 cm tall [1]. Herons like the opera [1].'),
    );
    await askJson(other, id, 'How tall are herons?');
    const day = (await person.client.people.statistics()).usage_by_day.at(-1);
    if (day === undefined) throw new Error('nothing was counted');
    const { page, complaints } = await openSignedIn(browser, person, { timezoneId: 'America/New_York' });
    await page.addInitScript(axe);
    await page.goto(`${app.baseUrl}/dashboard/admin`);
    const usage = page.getByRole('region', { name: 'By day', exact: true });
    /** The figures of the last day, read from the table behind the chart. */
    const figuresOf = async (label: string) => {
      const drawn = page.getByRole('img', { name: label, exact: true });
      const chart = usage.getByRole('figure').filter({ has: drawn });
      await drawn.waitFor();
      await chart.getByText('As a table').click();
      return (await chart.getByRole('row').last().getByRole('cell').allTextContents()).slice(1);
    };
    const { citations, tokens } = day;
    const shown = (...values: number[]) => values.map((value) => value.toLocaleString('en'));
    for (const [label, values] of [
      ['Answers per day, and how many failed', [day.answers, day.failed_answers]],
      [
        'Answers from documents per day, and how many have a verified citation',
        [day.answers_from_documents, day.cited_answers],
      ],
      [
        'Citations per day, by what was found of them',
        [citations.verified, citations.unverified, citations.contradicted],
      ],
      ['Searches per day, and how many the cache answered', [day.retrievals, day.cache_hits]],
      ['Tokens per day (UTC)', [tokens.input, tokens.output]],
      ['Files added per day', [day.documents]],
    ] as const)
      expect(await figuresOf(label), label).toEqual(shown(...values));
    expect(await figuresOf('Size of the files added per day')).toEqual([`${day.bytes} B`]);
    expect(await figuresOf('Cost per day (UTC)')).toEqual([expect.stringMatching(/^€\d/)]);
    const label = 'Time by stage per day, mean';
    await figuresOf(label);
    const times = usage.getByRole('figure').filter({ has: page.getByRole('img', { name: label }) });
    const stages = await times.getByRole('columnheader').allTextContents();
    for (const stage of ['From question to last word', 'Word search', 'Writing'])
      expect(stages).toContain(stage);
    expect(stages).not.toContain('Reranking');
    expect(await faultsOf(page)).toEqual([]);
    await page.evaluate(() => localStorage.setItem('alcove-language', 'de'));
    await page.reload();
    await page.getByRole('img', { name: 'Zitate am Tag, nach dem Ergebnis ihrer Prüfung' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();

    const theirs = await openSignedIn(browser, other);
    await theirs.page.goto(`${app.baseUrl}/dashboard/admin`);
    await theirs.page.getByText('This page is for administrators.').waitFor();
    expect(await theirs.page.getByRole('figure').count()).toBe(0);
    await theirs.page.context().close();
  });
});
