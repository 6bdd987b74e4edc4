import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createClient, type Client } from '@alcove/client';
import type { Browser, BrowserContextOptions, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { isFullRun } from '../support/full-run.ts';
import { axe, faultsOf } from './support/axe.ts';
import { chromiumPath, dropFiles, inBrowser, launchBrowser, openWatchedPage } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';

const examples = resolve(import.meta.dirname, '../../examples');
const account = { email: 'ada@example.org', password: 'a long enough password', name: 'Ada' };
const question = 'How many vessels did Aurora operate at the end of 2025?';
/** Compressed script before the first question can be typed. */
const firstLoadBytes = 96 * 1024;
const limits = { timeout: 240_000 };

describe.skipIf(chromiumPath === undefined)('pages of the web app', inBrowser, () => {
  let app: Awaited<ReturnType<typeof startTestApp>>;
  let browser: Browser;
  let alcove: Client;
  let conversation: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    const session = await createClient({ baseUrl: app.baseUrl }).accounts.register(account);
    alcove = createClient({ baseUrl: app.baseUrl, token: () => session.access_token });
    conversation = (await alcove.conversations.create({ title: 'Aurora in 2025' })).id;
    for (const name of ['aurora-annual-report-2025.pdf', 'aurora-tolvik-notes.md']) {
      const blob = new Blob([await readFile(resolve(examples, name))]);
      const { document } = await alcove.documents.upload(conversation, { name, blob });
      await alcove.documents.wait(document.id);
    }
    await alcove.asking.ask(conversation, { query: question });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  async function signedIn(options: BrowserContextOptions = {}) {
    const watched = await openWatchedPage(browser, new URL(app.baseUrl).origin, options);
    const { page } = watched;
    page.setDefaultTimeout(60_000);
    await page.goto(`${app.baseUrl}/login`);
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByLabel('Password').fill(account.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Your question').waitFor();
    return watched;
  }

  const open = (page: Page, path: string) => page.goto(`${app.baseUrl}${path}`);

  test('have no fault that axe finds, in either theme', limits, async () => {
    const { page, complaints } = await signedIn();
    await page.context().addInitScript(axe);
    const faults: string[] = [];
    let pages = 0;
    const check = async (name: string, shown = page) => {
      const themes = ['light', 'dark'] as const;
      // Every page in both in a full run, else each in one of them, by turns.
      for (const colorScheme of isFullRun ? themes : themes.slice(pages % 2).slice(0, 1)) {
        await shown.emulateMedia({ colorScheme });
        for (const fault of await faultsOf(shown)) faults.push(`${name}, ${colorScheme}: ${fault}`);
      }
      pages += 1;
    };
    await open(page, '/dashboard/chatbot');
    await page.getByRole('link', { name: 'Aurora in 2025' }).waitFor();
    await check('a new conversation');
    await open(page, `/dashboard/chatbot/${conversation}`);
    await page.locator('.pill').first().click();
    await page.locator('.pdf-mark').first().waitFor();
    await check('a cited answer with its original');
    await page.getByRole('tab', { name: 'Documents' }).click();
    await check('its documents');
    await page.getByRole('button', { name: 'See why' }).click();
    await page.getByRole('heading', { name: 'How this answer came about' }).waitFor();
    await check('how it came about');
    for (const name of ['documents', 'stats', 'settings', 'admin', 'search']) {
      await open(page, `/dashboard/${name}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByText('Loading…').waitFor({ state: 'detached' });
      await check(name);
    }
    await open(page, '/dashboard/search?q=vessels');
    await page.locator('main li a').first().waitFor();
    await check('what a search finds');

    await open(page, `/dashboard/chatbot/${conversation}`);
    await page.locator('.pill').first().waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill('vessels');
    await page.getByRole('option').filter({ hasText: 'aurora' }).first().waitFor();
    await check('the palette');
    await page.keyboard.press('Escape');
    await page.getByRole('listbox').waitFor({ state: 'detached' });
    for (const [item, ready] of [
      ['Share…', 'Make a link'],
      ['Delete', 'Delete'],
    ] as const) {
      await page.getByRole('button', { name: 'More', exact: true }).click();
      await page.getByRole('menuitem', { name: item }).click();
      await page.getByRole('dialog').getByRole('button', { name: ready, exact: true }).waitFor();
      await check(`the dialog of ${item}`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }

    const stranger = await openWatchedPage(browser, new URL(app.baseUrl).origin);
    await stranger.page.context().addInitScript(axe);
    const { documents } = await alcove.documents.list(conversation);
    const share = await alcove.shares.create(conversation, { document_ids: documents.map(({ id }) => id) });
    for (const [path, heading] of [
      ['/login', 'Sign in'],
      ['/setup#alr_none', 'Set a new password'],
      [new URL(share.url, app.baseUrl).pathname, 'Aurora in 2025'],
    ] as const) {
      await open(stranger.page, path);
      await stranger.page.getByRole('heading', { name: heading }).waitFor();
      await check(heading, stranger.page);
    }
    expect(faults).toEqual([]);
    expect([...complaints, ...stranger.complaints]).toEqual([]);
    await stranger.page.context().close();
    await page.context().close();
  });

  test('show what another device changes, without being asked', limits, async () => {
    const { page, complaints } = await signedIn();
    const { id } = await alcove.conversations.create({ title: 'From a script' });
    await page.getByRole('link', { name: 'From a script' }).click();
    await alcove.conversations.rename(id, 'Renamed by a script');
    await page.getByRole('heading', { level: 1, name: 'Renamed by a script' }).waitFor();
    await alcove.documents.addText(id, { name: 'nests.txt', text: 'The colony held 412 nests in 2025.' });
    await page.locator('[data-status=ready]').waitFor();
    await alcove.asking.ask(id, { query: 'How many nests did the colony hold in 2025?' });
    await page.locator('article[data-status=complete]').getByText('412').waitFor();
    await expect.poll(async () => (await alcove.conversations.get(id)).unread).toBe(false);
    await alcove.conversations.delete(id);
    await page.getByText('This conversation was deleted elsewhere.').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test(
    'two tabs of a browser share one stream, and signing out of one signs out of both',
    limits,
    async () => {
      const { page } = await signedIn();
      const other = await page.context().newPage();
      await open(other, '/dashboard/chatbot');
      await other.getByLabel('Your question').waitFor();
      const { id } = await alcove.conversations.create({ title: 'For both tabs' });
      for (const tab of [page, other]) await tab.getByRole('link', { name: 'For both tabs' }).waitFor();
      await page.getByRole('button', { name: 'Signed in as' }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      for (const tab of [page, other]) await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
      await alcove.conversations.delete(id);
      await page.context().close();
    },
  );

  test('the palette finds a passage and opens its page, by keyboard alone', limits, async () => {
    const { page, complaints } = await signedIn();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    // Of what was typed in between there are other hits.
    const found = page.waitForResponse((response) =>
      /[?&]q=battery(?:\+|%20)barge(?:&|$)/.test(response.url()),
    );
    await page.keyboard.type('battery barge');
    await found;
    await page.getByRole('option').filter({ hasText: 'aurora' }).first().waitFor();
    const at = await page
      .getByRole('option')
      .evaluateAll((rows) => rows.findIndex((row) => /page/.test(row.textContent ?? '')));
    for (let step = 0; step < at; step += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByTestId('original').waitFor();
    await page.locator('.pdf-mark, [data-testid=original] mark').first().waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test(
    'a link shows a conversation to a stranger, with its passages and nothing to change',
    limits,
    async () => {
      const { documents } = await alcove.documents.list(conversation);
      const share = await alcove.shares.create(conversation, { document_ids: documents.map(({ id }) => id) });
      const { page, complaints } = await openWatchedPage(browser, new URL(app.baseUrl).origin);
      await page.goto(`${app.baseUrl}${new URL(share.url, app.baseUrl).pathname}`);
      await page.getByRole('heading', { level: 1, name: 'Aurora in 2025' }).waitFor();
      await page.locator('.pill').first().click();
      await page.getByRole('blockquote').first().waitFor();
      await page.getByRole('button', { name: 'Sign in to continue it' }).waitFor();
      expect(await page.getByLabel('Your question').count()).toBe(0);
      expect(complaints).toEqual([]);
      const asked = await fetch(`${app.baseUrl}${new URL(share.url, app.baseUrl).pathname}`);
      expect(asked.headers.get('content-type')).toContain('application/json');
      await page.context().close();
    },
  );

  test('load little, compressed, and are kept by the browser', limits, async () => {
    const { page } = await openWatchedPage(browser, new URL(app.baseUrl).origin);
    const scripts: Response[] = [];
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.push(response);
    });
    await page.goto(`${app.baseUrl}/dashboard/chatbot`);
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByLabel('Password').fill(account.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Your question').waitFor();
    // Those until now: what somebody may open next comes after it.
    const loaded = [...scripts];
    const sizes = await Promise.all(loaded.map((response) => response.request().sizes()));
    const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
    // Other languages come with those who read them.
    for (const response of loaded) expect(await response.text()).not.toContain('Passwort');
    for (const headers of loaded.map((response) => response.headers())) {
      // Chromium offers brotli on secure addresses only: on plain HTTP the same files come as gzip.
      expect(headers['content-encoding']).toMatch(/^(br|gzip)$/);
      expect(headers['cache-control']).toContain('immutable');
    }
    expect(bytes).toBeGreaterThan(30_000);
    expect(bytes).toBeLessThan(firstLoadBytes);
    await page.context().close();
  });

  test('speak German to a browser that asks for it', limits, async () => {
    const { page, complaints } = await openWatchedPage(browser, new URL(app.baseUrl).origin, {
      locale: 'de-DE',
    });
    await page.goto(`${app.baseUrl}/login`);
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('de');
    expect(complaints).toEqual([]);

    // What the server says in English is told in German.
    page.setDefaultTimeout(60_000);
    await page.getByLabel('E-Mail').fill(account.email);
    await page.getByLabel('Passwort').fill('another password');
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByText('Die E-Mail-Adresse oder das Passwort ist falsch.').waitFor();
    await page.getByLabel('Passwort').fill(account.password);
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByRole('complementary', { name: 'Hinweise' }).getByText('Kein Sprachmodell:').waitFor();
    const bytes = Buffer.from('%PDF-1.7\nno more of it');
    await dropFiles(page, [{ name: 'torn.pdf', type: 'application/pdf', bytes }]);
    const row = page.getByRole('listitem').filter({ hasText: 'torn.pdf' });
    await row.getByText('Das PDF ist beschädigt und lässt sich nicht lesen.').waitFor();
    // The browser tells of the refused password by itself.
    expect(complaints.filter((one) => !/status of 401 .*\/auth\/login/.test(one))).toEqual([]);
    await page.context().close();
  });

  test('fit a phone: the original is a sheet over the chat', limits, async () => {
    const { page, complaints } = await signedIn({ viewport: { width: 390, height: 844 }, hasTouch: true });
    await open(page, `/dashboard/chatbot/${conversation}`);
    await page.locator('.pill').first().click();
    await page.locator('.pdf-mark').first().waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Hide documents and sources' }).click();
    await page.getByLabel('Your question').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
