import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
const nests = 'The heron colony at Lake Sorrow held 412 nests in 2025.';
const question = 'How many nests did the colony hold in 2025?';

describe.skipIf(chromiumPath === undefined)('conversations in the web app', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let herons: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    herons = (await person.client.conversations.create({ title: 'Herons' })).id;
    await person.client.conversations.create({ title: 'Taxes' });
    const { document } = await person.client.documents.addText(herons, { name: 'nests.txt', text: nests });
    await person.client.documents.wait(document.id);
    await person.client.asking.ask(herons, { query: question });
    await person.client.conversations.update(herons, { unread: false });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  async function choose(page: Page, title: string, item: string): Promise<void> {
    const row = page.locator('[data-conversation]').filter({ hasText: title });
    await row.hover();
    await row.getByRole('button', { name: `Options of “${title}”` }).click();
    await page.getByRole('menuitem', { name: item }).click();
  }

  test('are kept in projects, whose prompt holds for all of them', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await choose(page, 'Herons', 'Project…');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Field work');
    await dialog.getByLabel('Instructions for the model').fill('Be brief.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    const [project] = (await person.client.projects.list()).projects;
    expect(project).toMatchObject({ name: 'Field work', prompt: 'Be brief.' });
    expect((await person.client.conversations.get(herons)).project_id).toBe(project?.id);

    await page.getByRole('button', { name: /^Project:/ }).click();
    await page.getByRole('menuitemradio', { name: 'Field work' }).click();
    await expect.poll(() => page.locator('[data-conversation]').allInnerTexts()).toEqual(['Herons']);
    // What is begun while a project is shown belongs to it.
    await page.getByLabel('Your question').fill('Where do terns breed?');
    await page.keyboard.press('Enter');
    await page.locator('article[data-status=complete]').waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
    expect((await person.client.conversations.get(id)).project_id).toBe(project?.id);

    await page.getByRole('button', { name: /^Project:/ }).click();
    await page.getByRole('menuitem', { name: 'Change this project…' }).click();
    await dialog.getByRole('button', { name: 'Delete the project' }).click();
    await dialog.getByText('Its conversations stay, in no project.').waitFor();
    await dialog.getByRole('button', { name: 'Delete the project' }).click();
    await page.locator('[data-conversation]').filter({ hasText: 'Taxes' }).waitFor();
    expect((await person.client.projects.list()).projects).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('are marked, on every device, while an answer in them was not seen', limits, async () => {
    const { id } = await person.client.conversations.create({ title: 'Terns' });
    const ask = () => person.client.asking.ask(id, { query: 'Where do terns breed?' });
    const marked = (on: Page) => on.getByRole('link', { name: 'Terns (new answer)' });
    await ask();
    const { page, complaints } = await openSignedIn(browser, person);
    const { page: other } = await openSignedIn(browser, person);
    await marked(other).waitFor();
    await marked(page).click();
    await page.locator('article[data-status=complete]').waitFor();
    for (const device of [page, other]) await marked(device).waitFor({ state: 'detached' });
    await other.reload();
    await other.getByRole('link', { name: 'Terns', exact: true }).waitFor();

    // In a tab behind others an answer is not seen before the tab is.
    await look(page, 'hidden');
    await ask();
    await expect.poll(() => page.locator('article[data-status=complete]').count()).toBe(2);
    await marked(other).waitFor();
    await look(page, 'visible');
    await marked(other).waitFor({ state: 'detached' });
    await person.client.conversations.delete(id);
    await page.getByText('This conversation was deleted elsewhere.').waitFor();
    expect(complaints).toEqual([]);
    await Promise.all([page.context().close(), other.context().close()]);
  });

  test('become templates with their documents and questions, and begin from one', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await page.getByRole('link', { name: 'Herons' }).click();
    const answer = page.locator('article[data-status=complete]');
    await answer.waitFor();
    await expect.poll(() => answer.locator('[data-match]').getAttribute('data-match')).toBe('direct');
    await choose(page, 'Herons', 'Save as a template…');
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.getByLabel('Questions to begin with').inputValue()).toBe(question);
    await dialog.getByLabel('Name').fill('Bird counts');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });

    await page.getByRole('link', { name: 'New conversation' }).click();
    await page.getByRole('button', { name: 'Start from a template' }).click();
    await dialog.getByText('Read a report').waitFor();
    await dialog.getByText('1 starter document').waitFor();
    await dialog.getByRole('button', { name: 'Change “Bird counts”' }).click();
    await page.getByLabel('What it is for').fill('For censuses');
    await page.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('For censuses').waitFor();
    await dialog.getByRole('button', { name: 'Start from “Bird counts”' }).click();
    await page.getByRole('heading', { level: 1, name: 'Bird counts' }).waitFor();
    await page.locator('li[data-document][data-status=ready]').getByText('nests.txt').waitFor();
    await page.getByRole('button', { name: question }).click();
    await answer.getByText('412').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('are exported as files, and imported with a report on each of them', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    const dialog = page.getByRole('dialog');
    const bytes: Record<string, Buffer> = {};
    for (const [format, ending] of [
      ['Markdown', 'md'],
      ['A page', 'html'],
      ['PDF', 'pdf'],
      ['JSON', 'json'],
      ['Bundle', 'zip'],
    ] as const) {
      await choose(page, 'Herons', 'Export…');
      await dialog.getByLabel(format).check();
      const download = page.waitForEvent('download');
      await dialog.getByRole('button', { name: 'Save' }).click();
      const saved = await download;
      expect(saved.suggestedFilename()).toBe(`Herons.${ending}`);
      bytes[ending] = await readFile(await saved.path());
      await dialog.waitFor({ state: 'detached' });
    }
    expect(bytes['md']?.toString()).toContain(question);
    expect(bytes['pdf']?.subarray(0, 5).toString()).toBe('%PDF-');

    await page.goto(`${app.baseUrl}/dashboard/settings`);
    const all = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export everything' }).click();
    expect((await all).suggestedFilename()).toMatch(/^alcove-\d{4}-\d\d-\d\d\.zip$/);

    const files = [
      { name: 'Herons.zip', mimeType: 'application/zip', buffer: bytes['zip'] ?? Buffer.alloc(0) },
      { name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from('{"no": "conversation"}') },
    ];
    const stranger = await newPerson(app.baseUrl);
    const other = await openSignedIn(browser, stranger);
    await other.page.goto(`${app.baseUrl}/dashboard/settings`);
    const field = other.page.getByRole('region', { name: 'Import' }).locator('input[type=file]');
    await other.page.getByLabel('Only look, keep nothing').check();
    await field.setInputFiles(files);
    await other.page.getByText(/^1 could be imported, .* Nothing was kept\.$/).waitFor();
    await other.page.getByLabel('Only look, keep nothing').uncheck();
    await field.setInputFiles(files);
    await other.page.getByText(/^1 imported, 0 known already, 1 failed\.$/).waitFor();
    await other.page.locator('tr[data-outcome=failed]').waitFor();
    await other.page.locator('tr[data-outcome=imported]').getByRole('link', { name: 'Herons' }).click();
    await other.page.locator('article[data-status=complete]').getByText('412').waitFor();
    expect([...complaints, ...other.complaints]).toEqual([]);
    await page.context().close();
    await other.page.context().close();
  });
});

/** Says to the page that its tab is before the others, or behind them. */
async function look(page: Page, state: DocumentVisibilityState): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
