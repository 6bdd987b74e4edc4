import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, dropFiles, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const pier = { name: 'pier.txt', type: 'text/plain', bytes: Buffer.from('The pier is 90 m long.') };
const question = 'How long is the pier?';
const refusal = {
  status: 503,
  contentType: 'application/problem+json',
  body: JSON.stringify({ code: 'unavailable', error: 'The server is busy.' }),
};

describe.skipIf(chromiumPath === undefined)(
  'what was written or dropped in the web app',
  { ...inBrowser, timeout: 120_000 },
  () => {
    let app: TestApp;
    let browser: Browser;

    beforeAll(async () => {
      await buildWeb();
      [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    }, 240_000);

    afterAll(async () => {
      await browser?.close();
      await app?.close();
    });

    /** Someone with a conversation, at the page of another one. */
    async function begin() {
      const person = await newPerson(app.baseUrl);
      const [{ id: other }, { id }] = [
        await person.client.conversations.create({ title: 'Other' }),
        await person.client.conversations.create({ title: 'Piers' }),
      ];
      const watched = await openSignedIn(browser, person);
      const open = (title: string) => openConversation(watched.page, title);
      return { ...watched, person, id, other, open, field: watched.page.getByLabel('Your question') };
    }

    const namesIn = async (person: Person, id: string) =>
      (await person.client.documents.list(id)).documents.map(({ name }) => name);
    const saidIn = async (person: Person, id: string) =>
      (await person.client.conversations.get(id)).messages.map(({ content }) => content);

    test('goes on to the server while another conversation is looked at', async () => {
      const { page, complaints, person, id, open, field } = await begin();
      await open('Piers');
      const uploads = await hold(page, /\/documents$/);
      await dropFiles(page, [pier]);
      await uploads.come;
      await field.fill(question);
      await field.press('Enter');
      await page.getByText('The question is asked when the files have been sent.').waitFor();
      // Leaving the page would end it: the browser asks first.
      await page.evaluate(() => void setTimeout(() => location.reload()));
      await expect.poll(() => complaints).toEqual(['dialog: ']);
      complaints.length = 0;
      await open('Other');
      expect(await page.getByText('pier.txt').count()).toBe(0);
      await open('Piers');
      await page.getByText('pier.txt').first().waitFor();
      await open('Other');
      uploads.release();
      await expect.poll(() => namesIn(person, id), { timeout: 20_000 }).toEqual(['pier.txt']);
      await expect.poll(() => saidIn(person, id), { timeout: 20_000 }).toContain(question);
      await page.getByRole('heading', { level: 1, name: 'Other' }).waitFor();
      expect(await field.inputValue()).toBe('');
      await open('Piers');
      await page.locator('article[data-status=complete]').waitFor();
      // Nothing is on its way any more.
      await page.reload();
      await page.locator('article[data-status=complete]').waitFor();
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test('is offered to be sent again where it failed meanwhile', async () => {
      const { page, person, id, open } = await begin();
      await open('Piers');
      const uploads = await hold(page, /\/documents$/);
      await dropFiles(page, [pier]);
      await uploads.come;
      await open('Other');
      uploads.refuse();
      await uploads.ended;
      await open('Piers');
      await page.getByRole('button', { name: 'Try again to send “pier.txt”' }).click();
      await expect.poll(() => namesIn(person, id)).toEqual(['pier.txt']);
      await page.context().close();
    });

    test('is asked though its conversation was left before it existed', async () => {
      const { page, complaints, person, open, field } = await begin();
      const creating = await hold(page, /\/conversations\/$/);
      await field.fill(question);
      await field.press('Enter');
      await creating.come;
      await open('Other');
      creating.release();
      const created = async () =>
        (await person.client.conversations.list()).conversations.find(({ title }) => title === question);
      await expect.poll(created).toBeDefined();
      await expect
        .poll(async () => saidIn(person, (await created())?.id ?? ''), { timeout: 20_000 })
        .toContain(question);
      await page.getByRole('link', { name: question }).waitFor();
      await page.getByRole('heading', { level: 1, name: 'Other' }).waitFor();
      expect(await field.inputValue()).toBe('');
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test('comes back to where it begins when no conversation could be made for it', async () => {
      const { page, open, field } = await begin();
      const creating = await hold(page, /\/conversations\/$/);
      await field.fill(question);
      await field.press('Enter');
      await creating.come;
      await open('Other');
      creating.refuse();
      await creating.ended;
      expect(await field.inputValue()).toBe('');
      await page.getByRole('link', { name: 'New conversation' }).click();
      await expect.poll(() => field.inputValue()).toBe(question);
      await page.context().close();
    });

    test('comes back before what was written since, when it was refused', async () => {
      const { page, open, field } = await begin();
      await open('Piers');
      const asking = await hold(page, /\/query$/);
      await field.fill(question);
      await field.press('Enter');
      await asking.come;
      await field.pressSequentially('And the harbour?');
      asking.refuse();
      await expect.poll(() => field.inputValue()).toBe(`${question}\n\nAnd the harbour?`);
      await page.reload();
      await expect.poll(() => field.inputValue()).toBe(`${question}\n\nAnd the harbour?`);
      await page.context().close();
    });

    test('is asked though its conversation was left before the server had it, or kept there', async () => {
      const { page, person, id, open, field } = await begin();
      await open('Piers');
      const refused = await hold(page, /\/query$/);
      await field.fill(question);
      await field.press('Enter');
      await refused.come;
      await open('Other');
      refused.refuse();
      await refused.ended;
      await open('Piers');
      await expect.poll(() => field.inputValue()).toBe(question);
      const asking = await hold(page, /\/query$/);
      await field.press('Enter');
      await asking.come;
      await open('Other');
      asking.release();
      await expect.poll(() => saidIn(person, id), { timeout: 20_000 }).toContain(question);
      await page.context().close();
    });

    test('is kept when a question is edited and that is refused', async () => {
      const { page, person, id, open, field } = await begin();
      await person.client.asking.ask(id, { query: question });
      await open('Piers');
      const asked = page.getByRole('article', { name: 'You' });
      const editing = page.getByLabel('Edit your question');
      const edit = async (text: string) => {
        await asked.hover();
        await page.getByRole('button', { name: 'Edit', exact: true }).click();
        await editing.fill(text);
        await editing.press('Enter');
      };
      await asked.getByText(question).waitFor();
      for (const isWhollyAway of [false, true]) {
        const asking = await hold(page, /\/edit$/);
        await edit('How wide is the pier?');
        await asking.come;
        if (isWhollyAway) await page.route(`**/conversations/${id}?**`, (route) => route.abort());
        asking.refuse();
        await expect.poll(() => editing.inputValue()).toBe('How wide is the pier?');
        await page.getByRole('alert').waitFor();
        await editing.press('Escape');
        await asked.getByText(question).waitFor();
        expect(await page.locator('article[data-status=complete]').count()).toBe(1);
      }
      await page.unroute(`**/conversations/${id}?**`);
      await edit('How high is the pier?');
      await asked.getByText('How high is the pier?').waitFor();
      await expect.poll(() => saidIn(person, id), { timeout: 20_000 }).toContain('How high is the pier?');
      expect(await field.inputValue()).toBe('');
      await page.context().close();
    });
  },
);

async function openConversation(page: Page, title: string): Promise<void> {
  await page.locator('[data-conversation] a').filter({ hasText: title }).click();
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
}

/** Keeps the next POST to such an address on its way until it is let through or refused. */
async function hold(page: Page, path: RegExp) {
  const [came, answered, ended] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<'released' | 'refused'>(),
    Promise.withResolvers<void>(),
  ];
  let isHeld = false;
  await page.route(
    (url) => path.test(url.pathname),
    async (route) => {
      if (isHeld || route.request().method() !== 'POST') return route.fallback();
      isHeld = true;
      came.resolve();
      const isRefused = (await answered.promise) === 'refused';
      // Given up by its page meanwhile, it cannot be answered.
      await (isRefused ? route.fulfill(refusal) : route.continue()).catch(() => {});
      ended.resolve();
    },
  );
  return {
    come: came.promise,
    ended: ended.promise,
    release: () => answered.resolve('released'),
    refuse: () => answered.resolve('refused'),
  };
}
