import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { axe, faultsOf } from './support/axe.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const fingerPx = 44;

describe.skipIf(chromiumPath === undefined)('on a phone the web app', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let herons: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    herons = (await person.client.conversations.create({ title: 'Herons' })).id;
    const text = 'The heron colony at Lake Sorrow held 412 nests in 2025.';
    const { document } = await person.client.documents.addText(herons, { name: 'nests.txt', text });
    await person.client.documents.wait(document.id);
    await person.client.projects.create({ name: 'Field work' });
    await person.client.asking.ask(herons, { query: 'How many nests did the colony hold in 2025?' });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  test.each(['light', 'dark'] as const)(
    'has no fault that axe finds, and nothing wider than the screen, in %s colours',
    { timeout: 120_000 },
    async (colorScheme) => {
      const { page, complaints } = await openSignedIn(browser, person, { ...phone, colorScheme });
      await page.context().addInitScript(axe);
      const faults: string[] = [];
      const check = async (name: string) => {
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        const found = [...(await faultsOf(page)), ...(tooWide > 0 ? [`${tooWide} px too wide`] : [])];
        faults.push(...found.map((fault) => `${name}: ${fault}`));
      };
      const open = (path: string) => page.goto(`${app.baseUrl}/dashboard/${path}`);

      await open('chatbot');
      await page.getByRole('button', { name: 'Start from a template' }).tap();
      await page.getByText('Read a report').waitFor();
      await check('templates');
      await open(`chatbot/${herons}`);
      await page.locator('.pill').first().waitFor();
      await page.getByRole('button', { name: 'Show conversations' }).tap();
      await page.getByRole('button', { name: /^Project:/ }).waitFor();
      await check('conversations');
      await page.keyboard.press('Escape');
      await page.locator('.pill').first().tap();
      await page.locator('[data-testid=original] mark').first().waitFor();
      await check('an original in the sheet');
      await page.getByRole('tab', { name: 'Documents' }).tap();
      await page.locator('li[data-document]').waitFor();
      await check('documents in the sheet');
      await page.getByRole('button', { name: 'Hide documents and sources' }).tap();
      await page.locator('[data-pane]').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'More', exact: true }).tap();
      await page.getByRole('menuitem', { name: 'Settings of this conversation' }).tap();
      await page.getByLabel('Temperature').waitFor();
      await check('settings of a conversation');
      for (const [path, last] of [
        ['documents', 'tr[data-document]'],
        ['settings', 'section:has-text("My data")'],
        ['stats', 'section'],
      ] as const) {
        await open(path);
        await page.locator(last).first().waitFor();
        await check(path);
      }
      expect(faults).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test('has nothing to tap that a finger misses', { timeout: 120_000 }, async () => {
    const { page, complaints } = await openSignedIn(browser, person, phone);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${herons}`);
    const pill = page.locator('.pill').first();
    await pill.waitFor();
    const check = (within: Locator) => expect.poll(() => smallIn(within)).toEqual([]);
    await check(page.locator('main'));
    const hitPx = () =>
      pill.evaluate((element) => {
        const { width, height } = getComputedStyle(element, '::after');
        return Math.min(Number.parseFloat(width), Number.parseFloat(height));
      });
    await expect.poll(hitPx).toBeGreaterThanOrEqual(fingerPx);
    await page.getByRole('button', { name: 'More', exact: true }).tap();
    await page.getByRole('menuitem').first().waitFor();
    await check(page.getByRole('menu'));
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Show conversations' }).tap();
    await page.getByRole('link', { name: 'Herons' }).waitFor();
    await page.getByRole('button', { name: /^Project:/ }).waitFor();
    await check(page.getByRole('dialog'));
    await page.getByRole('button', { name: 'Search', exact: true }).tap();
    await page.getByRole('option').first().waitFor();
    await check(page.getByRole('listbox'));
    await page.keyboard.press('Escape');
    await page.getByRole('listbox').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await pill.tap();
    await page.locator('[data-testid=original] mark').first().waitFor();
    await page.getByRole('tab', { name: 'Documents' }).tap();
    await page.locator('li[data-document]').waitFor();
    await check(page.getByRole('region', { name: 'Documents and sources' }));

    const { id } = await person.client.conversations.create({ title: 'Two ways' });
    for (const content of ['to the left', 'to the right'])
      await person.client.messages.add(id, { role: 'user', content, parent_id: null });
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
    await page.getByRole('button', { name: 'Previous version' }).waitFor();
    await check(page.locator('main'));
    await page.goto(`${app.baseUrl}/dashboard/documents`);
    await page.locator('tr[data-document]').waitFor();
    await check(page.locator('main'));
    await page.getByRole('checkbox', { name: 'Choose “nests.txt”' }).locator('xpath=..').tap();
    await page.getByRole('checkbox', { name: 'Choose “nests.txt”', checked: true }).waitFor();
    await person.client.conversations.delete(id);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

/** What can be tapped there and is less than 44 px wide or high; of the pills in the text the page is asked itself. */
async function smallIn(within: Locator): Promise<string[]> {
  const tapped = within.locator(
    ':is(button, a, select, label:has([type=checkbox]), [role=option], [role=menuitem], [role=tab], [role=separator][tabindex]):visible',
  );
  return tapped.evaluateAll(
    (elements, least) =>
      elements.flatMap((element) => {
        const { width, height } = element.getBoundingClientRect();
        if (element.classList.contains('pill') || (width >= least && height >= least)) return [];
        return [`${Math.round(width)} × ${Math.round(height)}: ${element.outerHTML.slice(0, 120)}`];
      }),
    fingerPx,
  );
}
