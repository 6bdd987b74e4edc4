import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
const columns = Array.from({ length: 30 }, (_, at) => `Column number ${at}`);
const written = [
  `| ${columns.join(' | ')} |`,
  `|${' --- |'.repeat(columns.length)}`,
  `| ${columns.map((_, at) => `${at * 1000}`).join(' | ')} |`,
  '',
  '```ts',
  'const nests: number = 412;',
  '```',
  '',
  'The area is $\\pi r^2$, and',
  '',
  '$$\\frac{a}{b}$$',
  '',
  '- [x] counted',
  '- [ ] ringed',
].join('\n');

describe.skipIf(chromiumPath === undefined)('answers in the web app', inBrowser, () => {
  let provider: Provider;
  let app: TestApp;
  let browser: Browser;
  let person: Person;

  beforeAll(async () => {
    await buildWeb();
    provider = await startProvider();
    const env = { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'model-a,model-b' };
    [app, browser] = await Promise.all([startTestApp({ env }), launchBrowser()]);
    person = await newPerson(app.baseUrl);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await provider?.close();
  });

  const open = (page: Page, path: string) => page.goto(`${app.baseUrl}/dashboard/${path}`);

  test('draw tables that scroll, coloured code, formulas and tasks', limits, async () => {
    const { id } = await person.client.conversations.create({ title: 'Forms' });
    await person.client.messages.add(id, { role: 'assistant', content: written });
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, `chatbot/${id}`);
    const prose = page.locator('article .prose');
    const table = prose.locator('.table-scroll');
    await table.getByText('29000').waitFor();
    const { inside, outside } = await table.evaluate((element) => ({
      inside: element.scrollWidth - element.clientWidth,
      outside: document.documentElement.scrollWidth - innerWidth,
    }));
    expect(inside).toBeGreaterThan(100);
    expect(outside).toBeLessThanOrEqual(0);
    // It scrolls by keyboard too.
    await table.focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => table.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
    await prose.locator('pre code .hljs-keyword').getByText('const').waitFor();
    await expect.poll(() => prose.locator('math').count()).toBe(2);
    await prose.locator('math mfrac').waitFor();
    await expect.poll(() => prose.locator('li').allInnerTexts()).toEqual(['☑ counted', '☐ ringed']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('come anew when their question is edited, and the one before is an arrow away', limits, async () => {
    provider.setDefault(behave.answer(({ text }) => (/\bterns\b/.test(text) ? 'Of terns.' : 'Of gulls.')));
    const { page, complaints } = await openSignedIn(browser, person);
    const field = page.getByLabel('Your question');
    await field.fill('What of gulls?');
    await page.keyboard.press('Enter');
    const answer = page.locator('article[data-status=complete]');
    await answer.getByText('Of gulls.').waitFor();
    const edit = page.getByRole('button', { name: 'Edit', exact: true });
    await edit.press('Enter');
    await page.getByLabel('Edit your question').fill('What of terns?');
    await page.keyboard.press('Escape');
    await expect.poll(() => edit.evaluate((element) => element === document.activeElement)).toBe(true);
    await edit.press('Enter');
    await expect.poll(() => page.getByLabel('Edit your question').inputValue()).toBe('What of gulls?');
    await page.getByLabel('Edit your question').fill('What of terns?');
    await page.keyboard.press('Enter');
    await answer.getByText('Of terns.').waitFor();
    await page.getByText('2 / 2').waitFor();
    await page.getByRole('button', { name: 'Previous version' }).press('Enter');
    await answer.getByText('Of gulls.').waitFor();
    await page.getByRole('button', { name: 'Next version' }).press('Enter');
    await answer.getByText('Of terns.').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('wait for questions that are kept as drafts, one for each conversation', limits, async () => {
    const one = await person.client.conversations.create({ title: 'One draft' });
    const other = await person.client.conversations.create({ title: 'Other draft' });
    const { page, complaints } = await openSignedIn(browser, person);
    const field = page.getByLabel('Your question');
    const go = async (title: string) => {
      await page.getByRole('link', { name: title }).click();
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
    };
    await go('One draft');
    await field.fill('About the one');
    await go('Other draft');
    await expect.poll(() => field.inputValue()).toBe('');
    await field.fill('About the other');
    await go('One draft');
    await expect.poll(() => field.inputValue()).toBe('About the one');
    await open(page, `chatbot/${other.id}`);
    await expect.poll(() => field.inputValue()).toBe('About the other');
    await person.client.conversations.delete(one.id);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('are made as the settings of their conversation say', limits, async () => {
    provider.setDefault(behave.answer('As told.'));
    const { id } = await person.client.conversations.create({ title: 'Set' });
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, `chatbot/${id}`);
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Settings of this conversation' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: /^Model/ }).selectOption('model-b');
    await dialog.getByRole('textbox').first().fill('Always speak of boats.');
    await dialog.getByLabel('Searched').selectOption('keyword');
    await dialog.getByLabel('Passages at most').fill('7');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await person.client.conversations.get(id)).settings).toMatchObject({
      model: 'model-b',
      prompt: 'Always speak of boats.',
      strategy: 'keyword',
      top_k: 7,
    });
    await page.getByLabel('Your question').fill('And now?');
    await page.keyboard.press('Enter');
    await page.locator('article[data-status=complete]').getByText('As told.').waitFor();
    const asked = provider.chats.at(-1)?.prompt;
    expect(asked?.model).toBe('model-b');
    expect(asked?.text).toContain('Always speak of boats.');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('that say nothing are linked from the statistics, as are documents never cited', limits, async () => {
    const reader = await newPerson(app.baseUrl);
    const { id } = await reader.client.conversations.create({ title: 'Gaps' });
    const { document } = await reader.client.documents.addText(id, {
      name: 'unused.txt',
      text: 'The lighthouse of Marsk was built in 1871.',
    });
    await reader.client.documents.wait(document.id);
    provider.setDefault(behave.answer('I cannot say.'));
    await reader.client.asking.ask(id, { query: 'Who painted the lighthouse?' });
    const { page, complaints } = await openSignedIn(browser, reader);
    await open(page, 'stats');
    const never = page.getByRole('region', { name: 'Documents never cited' });
    expect(await never.getByRole('link', { name: 'unused.txt' }).getAttribute('href')).toContain(id);
    await page
      .getByRole('region', { name: 'Questions without an answer from the documents' })
      .getByRole('link', { name: 'Who painted the lighthouse?' })
      .click();
    await page.waitForURL(new RegExp(`chatbot/${id}#message-`));
    await page.locator('[data-message]:focus').filter({ hasText: 'Who painted' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
