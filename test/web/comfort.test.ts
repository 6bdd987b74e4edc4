import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { faintFields } from './support/faint-fields.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
const turned = 'invoice\u202Efdp.txt';
const shown = 'invoice⟨U+202E⟩fdp.txt';

describe.skipIf(chromiumPath === undefined)('what everybody sees of the web app', inBrowser, () => {
  let provider: Provider;
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let herons: string;

  beforeAll(async () => {
    await buildWeb();
    provider = await startProvider();
    const env = { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat' };
    [app, browser] = await Promise.all([startTestApp({ env }), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    herons = (await person.client.conversations.create({ title: turned })).id;
    const { document } = await person.client.documents.addText(herons, {
      name: turned,
      text: 'The heron colony at Lake Sorrow held 412 nests in 2025.',
    });
    await person.client.documents.wait(document.id);
    await person.client.asking.ask(herons, { query: 'How many nests did the colony hold in 2025?' });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await provider?.close();
  });

  const open = (page: Page, path: string) => page.goto(`${app.baseUrl}/dashboard/${path}`);

  test('nothing moves while an answer is written, where less motion is wanted', limits, async () => {
    const moving: Record<string, number> = {};
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      const written = Promise.withResolvers<void>();
      provider.setDefault(behave.answer('There are many herons.', { until: written.promise }));
      const { page, complaints } = await openSignedIn(browser, person, { reducedMotion });
      await page.getByLabel('Your question').fill('Are there herons?');
      await page.keyboard.press('Enter');
      const answer = page.locator('article[data-status=streaming]');
      await answer.getByText('The answer is being written…').waitFor();
      const animations = () => page.evaluate(() => document.getAnimations().length);
      moving[reducedMotion] = await animations();
      if (reducedMotion === 'reduce') {
        // Nor do dialogs, menus and panes on their way.
        await page.evaluate(() => {
          const seen = globalThis as unknown as { moved: string[] };
          seen.moved = [];
          for (const type of ['animationstart', 'transitionrun'])
            document.addEventListener(type, ({ target }) =>
              seen.moved.push(`${type} ${(target as Element).outerHTML.slice(0, 120)}`),
            );
        });
        await page.keyboard.press('Control+k');
        await page.getByRole('option').first().waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('listbox').waitFor({ state: 'detached' });
        await page.getByRole('button', { name: 'Hide documents and sources' }).first().click();
        await page.getByRole('button', { name: 'Show documents and sources' }).first().click();
        await page.getByRole('button', { name: 'More', exact: true }).click();
        await page.getByRole('menuitem', { name: 'Share…' }).click();
        await page.getByRole('dialog').waitFor();
        await page.keyboard.press('Escape');
        const moved = () => page.evaluate(() => (globalThis as unknown as { moved: string[] }).moved);
        expect(await moved()).toEqual([]);
      }
      written.resolve();
      await page.locator('article[data-status=complete]').getByText('many herons').waitFor();
      expect(complaints).toEqual([]);
      await page.context().close();
    }
    expect(moving['no-preference']).toBeGreaterThan(0);
    expect(moving['reduce']).toBe(0);
  });

  test('borders of fields stand out from what is around them, in both themes', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    const faint: string[] = [];
    const check = async (name: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        faint.push(...(await page.evaluate(faintFields)).map((one) => `${name}, ${colorScheme}: ${one}`));
      }
    };
    await open(page, `chatbot/${herons}`);
    await page.locator('.pill').first().waitFor();
    await check('a conversation');
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Settings of this conversation' }).click();
    await page.getByLabel('Temperature').waitFor();
    await check('its settings');
    for (const [path, last] of [
      ['documents', 'tr[data-document]'],
      ['settings', 'section:has-text("My data")'],
      ['search', 'main input'],
      ['admin', 'section:has-text("Audit")'],
    ] as const) {
      await open(page, path);
      await page.locator(last).first().waitFor();
      await check(path);
    }
    expect(faint).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('characters that turn others round are shown as what they are on every page', limits, async () => {
    await person.client.accounts.createKey({ name: turned, scope: 'read' });
    await person.client.accounts.updateMe({ name: turned });
    const { page, complaints } = await openSignedIn(browser, person);
    const check = async (name: string) => {
      await page.getByText(shown).first().waitFor();
      const drawn = await page.evaluate(() => {
        const told = ['aria-label', 'title', 'alt', 'placeholder'].flatMap((attribute) =>
          [...document.querySelectorAll(`[${attribute}]`)].map((one) => one.getAttribute(attribute)),
        );
        return [document.title, document.body.innerText, ...told].join('\n');
      });
      expect(drawn.match(/.*\u202E.*/g) ?? [], name).toEqual([]);
    };
    await open(page, `chatbot/${herons}`);
    await page.locator('.pill').first().waitFor();
    await check('a conversation');
    await page.locator('.pill').first().click();
    await page.locator('[data-testid=original] mark').first().waitFor();
    await check('an original');
    await page.getByRole('tab', { name: 'Passages' }).click();
    await check('passages');
    await page.getByRole('button', { name: 'See why' }).click();
    await page.getByRole('heading', { name: 'How this answer came about' }).waitFor();
    await check('how it came about');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('colony');
    await page.getByRole('option').getByText(shown).first().waitFor();
    await check('the palette');
    for (const path of ['documents', 'search?q=colony', 'settings', 'admin']) {
      await open(page, path);
      await check(path);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
