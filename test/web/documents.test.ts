import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, startProvider } from '../support/provider.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
const nests = 'The heron colony at Lake Sorrow held 412 nests in 2025.';

describe.skipIf(chromiumPath === undefined)('documents in the web app', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let herons: string;
  let others: string;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    herons = (await person.client.conversations.create({ title: 'Herons' })).id;
    others = (await person.client.conversations.create({ title: 'Other birds' })).id;
    await add(herons, 'nests.txt', nests);
    await add(others, 'nests again.txt', nests);
    await add(others, 'storks.txt', `White storks nest on roofs. ${'They return each spring. '.repeat(200)}`);
    await person.client.asking.ask(herons, { query: 'How many nests did the colony hold in 2025?' });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  async function add(conversationId: string, name: string, text: string): Promise<void> {
    const { document } = await person.client.documents.addText(conversationId, { name, text });
    await person.client.documents.wait(document.id);
  }

  test('of all conversations are listed, filtered, ordered, copied, moved and deleted', limits, async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await page.getByRole('button', { name: 'Signed in as' }).click();
    await page.getByRole('menuitem', { name: 'All documents' }).click();
    const rows = page.locator('tr[data-document]');
    await rows.nth(2).waitFor();
    await expect.poll(() => page.getByTestId('quota').innerText()).toMatch(/3 of [\d,]+ documents/);
    await expect
      .poll(() => rows.filter({ hasText: 'nests.txt' }).innerText())
      .toMatch(/1 passage\s.*\d{4}\s*1\s/s);

    await page.getByLabel('Order').selectOption('size');
    await expect.poll(() => rows.first().innerText()).toContain('storks.txt');
    await page.getByLabel('Only duplicates').check();
    await expect.poll(() => rows.count()).toBe(2);
    await page.getByLabel('Never cited').check();
    await expect.poll(() => rows.count()).toBe(1);
    await expect.poll(() => rows.first().innerText()).toContain('nests again.txt');
    await page.getByLabel('Never cited').uncheck();
    await page.getByLabel('Only duplicates').uncheck();
    await page.getByLabel('Part of the name').fill('STORK');
    await expect.poll(() => rows.count()).toBe(1);

    await page.getByLabel('Choose “storks.txt”').check();
    await page.getByRole('button', { name: 'Copy…' }).click();
    await page.getByRole('dialog').getByLabel('Herons').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Copy' }).click();
    await page.getByText('1 document copied to “Herons”.').waitFor();
    await expect.poll(() => rows.count()).toBe(2);

    await page.getByLabel('Part of the name').fill('');
    await expect.poll(() => rows.count()).toBe(4);
    await page.getByLabel('Choose all that are shown').check();
    await page.getByText('4 documents chosen').waitFor();
    await page.getByRole('button', { name: 'Choose none' }).click();
    await rows.filter({ hasText: 'storks.txt' }).filter({ hasText: 'Herons' }).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByText('storks.txt').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('1 document deleted.').waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe('What is chosen');
    await expect.poll(() => rows.filter({ hasText: 'storks.txt' }).count()).toBe(1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('1 document brought back.').waitFor();
    await expect.poll(() => rows.filter({ hasText: 'storks.txt' }).count()).toBe(2);
    await rows.filter({ hasText: 'storks.txt' }).filter({ hasText: 'Herons' }).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('1 document deleted.').waitFor();

    await expect.poll(() => rows.filter({ hasText: 'storks.txt' }).count()).toBe(1);
    await rows.filter({ hasText: 'storks.txt' }).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Move…' }).click();
    await page.getByRole('dialog').getByLabel('Herons').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
    await page.getByText('1 document moved to “Herons”.').waitFor();
    await rows.filter({ hasText: 'storks.txt' }).getByText('Herons').waitFor();

    // What another device does is shown without being asked for.
    await add(others, 'from elsewhere.txt', 'A stork was ringed here.');
    await rows.filter({ hasText: 'from elsewhere.txt' }).waitFor();
    await rows.filter({ hasText: 'nests.txt' }).getByRole('link').click();
    await page.getByRole('heading', { level: 2, name: 'nests.txt' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('say what they are about, and ask for themselves, before the first question', limits, async () => {
    const reader = await newPerson(app.baseUrl);
    const { id } = await reader.client.conversations.create({ title: 'Station' });
    const text = [
      '# Handbook of the heron station',
      'We watch herons at the lake all year. '.repeat(60),
      '## Ringing of young birds',
      `Rings are put on in May. ${'Nobody climbs a tree alone. '.repeat(60)}`,
    ].join('\n\n');
    const { document } = await reader.client.documents.addText(id, { name: 'handbook.md', text });
    await reader.client.documents.wait(document.id);
    const { page, complaints } = await openSignedIn(browser, reader);
    await page.getByRole('link', { name: 'Station' }).click();
    const about = page.locator('#content li').filter({ hasText: 'handbook.md' });
    for (const words of ['· English', 'Handbook of the heron station', 'Ringing of young birds'])
      await about.getByText(words).waitFor();
    const suggestions = page.getByRole('region', { name: 'Questions to begin with' });
    await suggestions
      .getByRole('button', { name: 'What does it say about “Ringing of young birds”?' })
      .click();
    await page
      .locator('article[data-status=complete]')
      .getByText('Rings are put on in May')
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test(
    'ask for themselves by the model where there is one, and by their headings when it fails',
    limits,
    async () => {
      const provider = await startProvider();
      const env = { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'test-chat', QUESTIONS: 'model' };
      const asking = await startTestApp({ env });
      const reader = await newPerson(asking.baseUrl);
      const { page, complaints } = await openSignedIn(browser, reader);
      const suggestions = page.getByRole('region', { name: 'Questions to begin with' });
      const open = async (title: string) => {
        const { id } = await reader.client.conversations.create({ title });
        const { document } = await reader.client.documents.addText(id, {
          name: 'a.md',
          text: `# ${title}\n\n${nests}`,
        });
        await reader.client.documents.wait(document.id);
        await page.goto(`${asking.baseUrl}/dashboard/chatbot/${id}`);
      };
      provider.script(behave.answer('["Which colony was counted?", "Where do they nest?"]'));
      await open('Lake colony');
      await suggestions.getByRole('button', { name: 'Which colony was counted?' }).waitFor();
      expect(await suggestions.getByRole('button').count()).toBe(2);
      await page.reload();
      await suggestions.getByRole('button', { name: 'Where do they nest?' }).waitFor();
      expect(provider.chats).toHaveLength(1);
      provider.script(behave.unauthorized());
      await open('River colony');
      await suggestions.getByRole('button', { name: 'What are the main points?' }).waitFor();
      expect(complaints).toEqual([]);
      await page.context().close();
      await asking.close();
      await provider.close();
    },
  );

  test(
    'of a conversation are renamed, replaced, dropped on another one, and say what cites them',
    limits,
    async () => {
      const { page, complaints } = await openSignedIn(browser, person);
      await page.getByRole('link', { name: 'Herons' }).click();
      const row = page.locator('li[data-document]').filter({ hasText: 'nests' });
      const choose = async (item: string) => {
        await row.getByRole('button', { name: /^Options of/ }).click();
        await page.getByRole('menuitem', { name: item }).click();
      };
      await row.waitFor();
      await choose('Rename');
      await page.keyboard.type('colony');
      await page.keyboard.press('Enter');
      await page.locator('li[data-document]').getByText('colony.txt').waitFor();

      const colony = page.locator('li[data-document]').filter({ hasText: 'colony.txt' });
      await colony.getByRole('button', { name: /^Options of/ }).click();
      await page.getByRole('menuitem', { name: 'What cites it' }).click();
      await page
        .getByRole('dialog')
        .getByRole('link', { name: /How many nests/ })
        .click();
      await expect.poll(() => new URL(page.url()).hash).toMatch(/^#message-/);
      await page.getByRole('dialog').waitFor({ state: 'detached' });

      const bytes = Buffer.from('The heron colony at Lake Sorrow held 530 nests in 2026.');
      await colony
        .getByTestId('replace')
        .setInputFiles({ name: 'colony.txt', mimeType: 'text/plain', buffer: bytes });
      await colony.getByText(/version 2/).waitFor();
      // What was answered from the first version marks nothing in the second one.
      await page.locator('article[data-status=complete] .pill').first().click();
      await page.getByText('The document has another version since.').waitFor();
      await page.getByTestId('passage').getByText('412 nests').waitFor();
      await page.getByTestId('original').getByText('530 nests').waitFor();
      await expect.poll(() => page.getByTestId('original').locator('mark').count()).toBe(0);
      await page.getByRole('tab', { name: 'Documents' }).click();

      await colony.getByTestId('replace').setInputFiles({
        name: 'colony.pdf',
        mimeType: 'application/pdf',
        buffer: Buffer.from('%PDF-1.7\nnothing of a document'),
      });
      await colony.getByText('The new version was not read.').waitFor();
      await colony.getByRole('button', { name: 'Understood' }).click();
      await colony.getByText('The new version was not read.').waitFor({ state: 'detached' });

      await dropOn(page, colony, page.locator(`[data-conversation="${others}"]`));
      await page.getByRole('dialog').getByLabel('Move').check();
      await page.getByRole('dialog').getByRole('button', { name: 'Move' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await colony.waitFor({ state: 'detached' });
      const { documents } = await person.client.documents.list(others);
      expect(documents.map(({ name, version }) => `${name} ${version}`)).toContain('colony.txt 2');

      await page.getByRole('button', { name: 'From an address' }).click();
      await page.getByLabel('Address on the web').fill('http://127.0.0.1:9/secret');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('tabpanel').getByRole('alert').waitFor();
      expect(complaints.filter((one) => !/status of 4\d\d .*\/documents$/.test(one))).toEqual([]);
      await page.context().close();
    },
  );

  test('are listed to the last one, and say what of them is being read anew', limits, async () => {
    const { id } = await person.client.conversations.create({ title: 'Gulls' });
    for (const name of ['black-headed.txt', 'herring.txt', 'little.txt'])
      await add(id, name, `${name} is a gull.`);
    const { page } = await openSignedIn(browser, person);
    // Pages of one document, and one of them as it is while a new version of it is read.
    const replacement = {
      name: 'herring.txt',
      media_type: 'text/plain',
      size_bytes: 9,
      status: 'extracting',
      progress: 0.4,
      stage_message: 'page 4 of 10',
      error: null,
    };
    await page.route(/\/documents\?.*limit=200/, async (route) => {
      const response = await route.fetch({ url: route.request().url().replace('limit=200', 'limit=1') });
      const list = (await response.json()) as { documents: { name: string }[] };
      const documents = list.documents.map((one) =>
        one.name === 'herring.txt' ? { ...one, replacement } : one,
      );
      await route.fulfill({ response, json: { ...list, documents } });
    });
    await page.getByRole('link', { name: 'Gulls' }).click();
    const row = page.locator('li[data-document]').filter({ hasText: 'herring.txt' });
    await row.getByText('A new version is being read; version 1 is used until then.').waitFor();
    await row.getByText('Page 4 of 10').or(row.getByText('page 4 of 10')).waitFor();
    await row.getByText('40 %').waitFor();
    await page.getByText(/reading herring\.txt, 40 %; until then answers use the version before/).waitFor();
    await expect.poll(() => page.locator('li[data-document]').count()).toBe(3);
    await page.context().close();
  });
});

/** Drags one element to another, with what the page puts into the transfer. */
async function dropOn(page: Page, from: Locator, to: Locator): Promise<void> {
  const dataTransfer = await page.evaluateHandle(() => new DataTransfer());
  await from.dispatchEvent('dragstart', { dataTransfer });
  await to.dispatchEvent('dragover', { dataTransfer });
  await to.dispatchEvent('drop', { dataTransfer });
}
