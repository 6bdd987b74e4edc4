import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Client, createClient } from '@alcove/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { chromiumPath, dropFiles, inBrowser, launchBrowser, openWatchedPage } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { hostileTexts } from './support/hostile-text.ts';

const isMissing = chromiumPath === undefined;
if (isMissing) {
  const message =
    'No Chromium was found: the tests of the web app need one (Debian: apt-get install chromium).';
  if (process.env.CI) throw new Error(message);
  console.warn(`${message} They are skipped.`);
}

const report = resolve(import.meta.dirname, '../../examples/aurora-annual-report-2025.pdf');
const account = { email: 'ada@example.org', password: 'a long enough password' };

describe.skipIf(isMissing)('the web app', inBrowser, () => {
  let app: Awaited<ReturnType<typeof startTestApp>>;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    origin = new URL(app.baseUrl).origin;
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  test('from the first account to a cited answer, and back to nothing', { timeout: 180_000 }, async () => {
    const { page, complaints } = await openWatchedPage(browser, origin);
    page.setDefaultTimeout(60_000);

    await page.goto(app.baseUrl);
    await page.getByRole('heading', { name: 'Create the first account' }).waitFor();
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByLabel('Password').fill(account.password);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('no documents: general knowledge').waitFor();
    expect(new URL(page.url()).pathname).toBe('/dashboard/chatbot');

    const bytes = await readFile(report);
    const progress = page.getByRole('progressbar').first().waitFor();
    await dropFiles(page, [{ name: 'annual report.pdf', type: 'application/pdf', bytes }]);
    await progress;
    await page.getByText('1 document of this conversation').waitFor();
    expect(new URL(page.url()).pathname).toMatch(/^\/dashboard\/chatbot\/[0-9a-f-]{36}$/);
    const first = page.url();

    const streamed = page.waitForResponse((response) => response.url().endsWith('/query'));
    const answer = await ask(page, 'How many vessels did Aurora operate at the end of 2025?');
    expect((await streamed).headers()['content-type']).toMatch(/^text\/event-stream/);
    const pill = answer.locator('.pill').first();
    await expect.poll(() => pill.getAttribute('aria-label')).toContain('annual report.pdf');

    // The original is open at the cited page, with the passage and the words of the statement marked on it.
    await pill.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'annual report.pdf' }).waitFor();
    const mark = page.locator('.pdf-mark').first();
    await mark.waitFor();
    await expect.poll(() => pill.getAttribute('aria-current')).toBe('true');
    await page.locator('.pdf-page canvas').first().waitFor();
    const find = page.getByRole('button', { name: 'Find in this document' });
    await find.press('Enter');
    await page.getByRole('searchbox', { name: 'Find in this document' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => find.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.getByRole('tab', { name: 'Documents' }).click();
    await page.getByRole('button', { name: 'Open “annual report.pdf”' }).waitFor();
    await page.getByRole('tab', { name: 'Passages' }).click();
    await page.getByRole('tabpanel').getByText('Aurora').first().waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => pill.evaluate((element) => element === document.activeElement)).toBe(true);

    await answer.getByRole('button', { name: 'See why' }).click();
    await page.getByRole('heading', { name: 'How this answer came about' }).waitFor();

    const text = await answer.locator('.prose').innerText();
    await page.reload();
    await page.locator('article[data-status=complete]').waitFor();
    await expect.poll(() => page.locator('article[data-status=complete] .prose').innerText()).toBe(text);
    await page.getByText('1 document of this conversation').waitFor();

    // Once more, and the first version again.
    await page.getByRole('button', { name: 'Answer again' }).click();
    await page.getByText('2 / 2').waitFor();
    await page.getByRole('button', { name: 'Previous version' }).click();
    await page.getByText('1 / 2').waitFor();
    await page.getByRole('button', { name: 'Good answer' }).click();

    await page.getByRole('link', { name: 'New conversation' }).click();
    await page.getByText('no documents: general knowledge').waitFor();
    const other = await ask(page, 'How many vessels did Aurora operate at the end of 2025?');
    expect(await other.locator('.pill').count()).toBe(0);
    expect(await other.innerText()).not.toContain('annual report.pdf');

    await page.goto(first);
    await page.locator('article[data-status=complete]').waitFor();
    await deleteConversation(page, 'annual report.pdf');
    await expect
      .poll(() => page.getByTestId('deleted-counts').innerText())
      .toMatch(/^3 messages, 1 document, [1-9]\d* passages?, [\d.]+ KB\.$/);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.locator('article[data-status=complete]').waitFor();
    await deleteConversation(page, 'annual report.pdf');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.waitForURL('**/dashboard/chatbot');
    await expect.poll(() => page.locator('[data-conversation]').count()).toBe(1);

    await page.getByRole('button', { name: 'Signed in as' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test(
    'a link sets a password: of an invitation and signs in, of a reset and leads to signing in',
    { timeout: 180_000 },
    async () => {
      const admin = await signIn(app.baseUrl);
      const invited = await admin.people.invite({ email: 'invited@example.org' });
      const { page, complaints } = await openWatchedPage(browser, origin);
      page.setDefaultTimeout(60_000);
      await page.goto(invited.link ?? '');
      await page.getByLabel('New password').fill(account.password);
      await page.getByRole('button', { name: 'Set password' }).click();
      await page.getByText('no documents: general knowledge').waitFor();
      const reset = await admin.people.reset(invited.user.id);
      await page.goto(reset.link ?? '');
      await page.getByRole('heading', { name: 'Set a new password' }).waitFor();
      await page.getByLabel('New password').fill('another long password');
      await page.getByRole('button', { name: 'Set password' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(complaints.filter((one) => !one.includes('401'))).toEqual([]);
      await page.context().close();
    },
  );

  test('hostile text is shown and does nothing', { timeout: 120_000 }, async () => {
    const id = await writeHostileConversation(app.baseUrl);
    const { page, complaints } = await openWatchedPage(browser, origin);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
    await page.getByLabel('E-mail').fill(account.email);
    await page.getByLabel('Password').fill(account.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('the last message').waitFor();
    await page.locator('[data-document]').first().waitFor();

    const log = page.getByRole('log');
    expect(
      await log
        .locator(
          ':is(img, script, iframe, object, embed, form, style, link, base, video, audio, math, input)',
        )
        .count(),
    ).toBe(0);
    expect(await markupOf(page)).toEqual([]);
    // Every text is there to read.
    await expect.poll(() => log.innerText()).toContain('<script>alert(1)</script>');

    await log.locator('.pill').first().click();
    await page.getByTestId('passage').waitFor();
    await page.getByText('no longer in this conversation').waitFor();
    expect(await markupOf(page)).toEqual([]);

    // The document of the citation is gone, which the browser logs as a failed request.
    const expected =
      /^console: Failed to load resource: the server responded with a status of 404 .*\/documents\//;
    expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
    await page.context().close();
  });
});

/** The first account, as a script uses it. */
async function signIn(baseUrl: string): Promise<Client> {
  const session = await createClient({ baseUrl }).accounts.login(account);
  return createClient({ baseUrl, token: () => session.access_token });
}

/** Asks and waits for the whole answer. */
async function ask(page: Page, question: string) {
  const answers = page.locator('article[data-status=complete]');
  const before = await answers.count();
  await page.getByLabel('Your question').fill(question);
  await page.keyboard.press('Enter');
  await answers.nth(before).waitFor();
  return answers.nth(before);
}

/** Deletes it from the list, up to the counts of what went. */
async function deleteConversation(page: Page, title: string): Promise<void> {
  const row = page.locator('[data-conversation]');
  await row.getByRole('button', { name: `Options of “${title}”` }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByTestId('deleted-counts').waitFor();
}

/** Event handlers, and links that are not plain web or mail links, anywhere in the page. */
function markupOf(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter((element) => {
        const hasHandler = element
          .getAttributeNames()
          .some((name) => name.startsWith('on') || name === 'formaction');
        const isLink = element instanceof HTMLAnchorElement && element.target === '_blank';
        const isBadLink =
          isLink && !(/^(https?|mailto):/.test(element.href) && element.rel.includes('noopener'));
        return hasHandler || isBadLink;
      })
      .map((element) => element.outerHTML.slice(0, 200)),
  );
}

/** A conversation whose title, messages, citation and document names are all hostile. */
async function writeHostileConversation(baseUrl: string): Promise<string> {
  const alcove = await signIn(baseUrl);
  const { id } = await alcove.conversations.create({ title: '<img src=x onerror=alert(1)>' });
  for (const content of [hostileTexts.join('\n\n'), ...hostileTexts.slice(0, 4)]) {
    await alcove.messages.add(id, { role: 'user', content });
    await alcove.messages.add(id, { role: 'assistant', content });
  }
  const source = {
    n: 1,
    document_id: id,
    document_name: '"><img src=x onerror=alert(1)>.pdf',
    chunk_id: id,
    page: 1,
    char_start: 0,
    char_end: 10,
    heading: ['<svg onload=alert(1)>'],
    excerpt: '<script>alert(1)</script>',
    score: 1,
    verified: true,
  };
  await alcove.messages.add(id, {
    role: 'assistant',
    content: `Cited [1] <b>here</b>.\n\nthe last message`,
    message_metadata: { mode: 'documents', search_results: [source] },
  });
  await alcove.documents.addText(id, {
    name: '<img src=x onerror=alert(1)>.txt',
    text: hostileTexts.join('\n'),
  });
  return id;
}
