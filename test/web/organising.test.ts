import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
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

  test('come back from those that were deleted, or go for good once they were named', limits, async () => {
    const own = await newPerson(app.baseUrl);
    const { conversations } = own.client;
    const [bats, owls] = await Promise.all(['Bats', 'Owls'].map((title) => conversations.create({ title })));
    await own.client.messages.add(bats?.id ?? '', { role: 'user', content: 'Where do bats sleep?' });
    const { page, complaints } = await openSignedIn(browser, own);
    const dialog = page.getByRole('dialog');
    for (const title of ['Bats', 'Owls']) {
      await choose(page, title, 'Delete');
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await dialog.getByText(/It can be brought back until .*, from “Deleted”/).waitFor();
      await dialog.getByRole('button', { name: 'Done' }).click();
      await dialog.waitFor({ state: 'detached' });
    }
    await page.reload();
    await page.getByRole('button', { name: 'Deleted', exact: true }).click();
    const rows = page.locator('[data-deleted]');
    await expect.poll(() => rows.count()).toBe(2);
    // The last one that was deleted is the first.
    expect(await rows.first().innerText()).toMatch(/^Owls\s+until .*20\d\d/);
    // One that is deleted elsewhere meanwhile joins them.
    const { id: moths } = await conversations.create({ title: 'Moths' });
    await conversations.delete(moths);
    await expect.poll(() => rows.count()).toBe(3);

    await page.getByRole('button', { name: 'Restore “Bats”' }).click();
    await page.getByText('“Bats” is back.').waitFor();
    await expect.poll(() => rows.count()).toBe(2);
    expect((await conversations.get(bats?.id ?? '')).messages).toHaveLength(1);
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toMatch(/^Restore “/);

    await page.getByRole('button', { name: 'Delete “Owls” for good' }).click();
    await dialog.getByText('“Owls” with 0 messages and 0 documents will be erased.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByRole('button', { name: 'Delete “Owls” for good' }).click();
    await dialog.getByRole('button', { name: 'Delete for good' }).click();
    await page.getByText('“Owls” is erased.').waitFor();
    const left = async () => (await conversations.list({ status: 'deleted' })).conversations;
    expect((await left()).map(({ title }) => title)).toEqual(['Moths']);
    expect((await own.json('POST', `/conversations/${owls?.id}/restore`)).status).toBe(404);

    // Its time ends while the list is looked at.
    await conversations.delete(moths, { permanently: true });
    await page.getByRole('button', { name: 'Restore “Moths”' }).click();
    await page.getByText('“Moths” is erased by now.').waitFor();
    await page.getByText('Nothing that was deleted can be brought back.').waitFor();

    await page.getByRole('button', { name: 'Deleted', exact: true }).click();
    await page.getByRole('link', { name: 'Bats' }).waitFor();
    expect(complaints.filter((one) => !one.includes('status of 404'))).toEqual([]);
    await page.context().close();
  });

  test('say what failed, and try that again', limits, async () => {
    const own = await newPerson(app.baseUrl);
    const { conversations } = own.client;
    const { id } = await conversations.create({ title: 'Bats' });
    const { page } = await openSignedIn(browser, own);
    const sidebar = page.getByRole('complementary', { name: 'Main' });
    const again = sidebar.getByRole('button', { name: 'Try again' });
    await page.route(`**/conversations/${id}`, (route) => route.fulfill({ status: 503 }));
    await choose(page, 'Bats', 'Pin');
    await again.waitFor();
    await again.click();
    await again.waitFor();
    await page.unrouteAll();
    await again.click();
    await again.waitFor({ state: 'detached' });
    await expect.poll(async () => (await conversations.get(id)).pinned).toBe(true);
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');

    // What failed of another list says nothing of the one that is shown.
    const failing = Promise.withResolvers<void>();
    await page.route('**/conversations/?**', async (route) => {
      if (!route.request().url().includes('status=active')) return route.fallback();
      await failing.promise;
      await route.fulfill({ status: 503 });
    });
    const asked = page.waitForRequest(/status=active/);
    await choose(page, 'Bats', 'Delete');
    await asked;
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.getByText('Nothing is archived.').waitFor();
    const failed = page.waitForResponse(/status=active/);
    failing.resolve();
    await failed;
    await page.waitForTimeout(300);
    expect(await again.count()).toBe(0);
    await page.context().close();
  });

  test('that are not listed are named, too, before they are deleted', limits, async () => {
    const own = await newPerson(app.baseUrl);
    const { conversations } = own.client;
    const { id } = await conversations.create({ title: 'Bats' });
    await conversations.update(id, { status: 'archived' });
    const { page, complaints } = await openSignedIn(browser, own);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
    await page.getByRole('heading', { level: 1, name: 'Bats' }).waitFor();
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('“Bats” with 0 messages and 0 documents').waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByText(/It can be brought back until/).waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.waitForURL(/chatbot$/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test(
    'show the message that a search has found, in whichever branch and however far back',
    limits,
    async () => {
      const own = await newPerson(app.baseUrl);
      const { conversations, messages } = own.client;
      const { id } = await conversations.create({ title: 'Long' });
      const add = (content: string, parent_id?: string | null) =>
        messages.add(id, { role: 'user', content, ...(parent_id === undefined ? {} : { parent_id }) });
      const far = await add('the kingfisher');
      const fork = await add('between');
      for (let at = 0; at < 70; at += 1) await add(`filler ${at}`);
      const other = await add('the bittern', fork.id);
      await add('after the bittern');
      for (let at = 0; at < 60; at += 1) await add(`other filler ${at}`);
      const end = await add('the end', fork.id);
      const long = [end.id];
      for (let at = 0; at < 120; at += 1) long.push((await add(`more ${at}`)).id);

      const { page, complaints } = await openSignedIn(browser, own);
      const seen = (message: string) => page.locator(`[data-message="${message}"]`);
      const isFocused = (message: string) =>
        expect.poll(() => seen(message).evaluate((one) => one === document.activeElement)).toBe(true);
      const find = async (words: string) => {
        await page.keyboard.press('Control+k');
        await page.getByRole('combobox').fill(words);
        await page.getByRole('option').filter({ hasText: words }).first().waitFor();
        await page.keyboard.press('Enter');
      };
      const inView = async (message: string) => expect.poll(() => isInView(seen(message))).toBe(true);
      const active = async () => (await conversations.get(id)).active_leaf_id;
      const newest = await active();

      await find('kingfisher');
      await isFocused(far.id);
      await inView(far.id);
      // Not all that is between was loaded for it.
      expect(await page.locator('[data-message]').count()).toBeLessThan(60);
      await page.getByRole('button', { name: 'Show later messages' }).click();
      await page.getByText('more 40').waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'To the newest' }).click();
      await inView(newest ?? '');

      await find('the bittern');
      await isFocused(other.id);
      await inView(other.id);
      await page.getByText('This is another version of the conversation.').waitFor();
      expect(await active()).toBe(newest);
      await page.getByRole('button', { name: 'Back to the current one' }).click();
      await inView(newest ?? '');

      // A question goes on from what is shown.
      await find('the bittern');
      await isFocused(other.id);
      await page.getByLabel('Your question').fill('And then?');
      await page.keyboard.press('Enter');
      await page.locator('article[data-status=complete]').waitFor();
      const branch = (await conversations.get(id, { limit: 200 })).messages.map((message) => message.content);
      expect(branch).toContain('the bittern');
      expect(branch.at(-2)).toBe('And then?');

      await messages.delete(far.id);
      expect(new URL(page.url()).hash).toBe(`#message-${other.id}`);
      await page.reload();
      await page.getByText('This message is not there any more.').waitFor();
      expect(complaints.filter((one) => !one.includes('status of 404'))).toEqual([]);
      await page.context().close();
    },
  );

  test(
    'follow another branch, a deleted message and a signed-out session from elsewhere',
    limits,
    async () => {
      const own = await newPerson(app.baseUrl);
      const { conversations, messages } = own.client;
      const { id } = await conversations.create({ title: 'Two ways' });
      const add = (content: string, parent_id: string | null) =>
        messages.add(id, { role: 'user', content, parent_id });
      const left = await add('to the left', null);
      const right = await add('to the right', null);
      const { page } = await openSignedIn(browser, own);
      await page.getByRole('link', { name: 'Two ways' }).click();
      await page.getByText('to the right').waitFor();
      await page.getByText('2 / 2').waitFor();
      await conversations.switchBranch(id, left.id);
      await page.getByText('to the left').waitFor();
      await page.getByText('1 / 2').waitFor();
      await messages.delete(right.id);
      await page.getByText('1 / 2').waitFor({ state: 'detached' });
      await messages.delete(left.id);
      await page.getByText('to the left').waitFor({ state: 'detached' });

      await page.goto(`${app.baseUrl}/dashboard/stats`);
      await page.getByRole('heading', { level: 1, name: 'Statistics' }).waitFor();
      const { sessions } = await own
        .json<{ sessions: { id: string; current: boolean }[] }>('GET', '/auth/sessions')
        .then(({ body }) => body);
      for (const session of sessions)
        if (!session.current) await own.json('DELETE', `/auth/sessions/${session.id}`);
      await page.getByLabel('E-mail').waitFor();
      await page.context().close();
    },
  );

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
    await page.getByRole('button', { name: question }).waitFor();
    // On another device of the person, too.
    const other = await openSignedIn(browser, person);
    await other.page.goto(page.url());
    await other.page.getByRole('button', { name: question }).waitFor();
    await other.page.context().close();
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
    await other.page.getByText(/^1 imported, 0 continued, 0 known already, 1 failed\.$/).waitFor();
    await other.page.locator('tr[data-outcome=failed]').waitFor();
    await other.page.locator('tr[data-outcome=imported]').getByRole('link', { name: 'Herons' }).click();
    await other.page.locator('article[data-status=complete]').getByText('412').waitFor();
    expect([...complaints, ...other.complaints]).toEqual([]);
    await page.context().close();
    await other.page.context().close();
  });
});

/** Whether it is on the screen. */
function isInView(locator: Locator): Promise<boolean> {
  return locator.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
}

/** Says to the page that its tab is before the others, or behind them. */
async function look(page: Page, state: DocumentVisibilityState): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
