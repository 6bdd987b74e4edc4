import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const count = 120;

describe.skipIf(chromiumPath === undefined)('a page of history that comes late', inBrowser, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const newChat = async (title: string) => (await person.client.conversations.create({ title })).id;
  const say = (chat: string, content: string) =>
    person.client.messages.add(chat, { role: 'user', content }).then(({ id }) => id);
  const shown = (page: Page, text: string) => page.getByTestId('chat').getByText(text, { exact: true });

  const listed = (page: Page, chat: string) => page.locator(`[data-conversation] a[href$="${chat}"]`);

  /** Answers the next such request as the server does at once, when `arrive` is called. */
  async function hold(page: Page, chat: string, query: string) {
    const [answered, arriving] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let isHeld = false;
    const handler = async (route: Route): Promise<void> => {
      if (isHeld || !route.request().url().includes(query)) return route.fallback();
      isHeld = true;
      const response = await route.fetch();
      answered.resolve();
      await arriving.promise;
      await route.fulfill({ response });
    };
    await page.route(`**/conversations/${chat}?**`, handler);
    return {
      answered: answered.promise,
      async arrive() {
        const response = page.waitForResponse((one) => one.url().includes(`/conversations/${chat}?`));
        arriving.resolve();
        await response;
      },
    };
  }

  /** Everything else that the page asks for is there. */
  async function openWithLateDocuments(page: Page, chat: string) {
    const late = await hold(page, `${chat}/documents`, 'limit=');
    const history = page.waitForResponse((one) => one.url().includes(`/conversations/${chat}?`));
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${chat}`);
    await Promise.all([late.answered, history, listed(page, chat).waitFor()]);
    return late;
  }

  test('takes nothing away that came after it', async () => {
    const chat = await newChat('Late');
    await say(chat, 'The first.');
    const { page, complaints } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${chat}`);
    await shown(page, 'The first.').waitFor();
    const late = await hold(page, chat, 'limit=');
    await say(chat, 'The second.');
    await late.answered;
    await say(chat, 'The third.');
    await shown(page, 'The third.').waitFor();
    await late.arrive();
    await page.waitForTimeout(500);
    expect(await shown(page, 'The third.').count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('brings no document back, and takes none away', async () => {
    const chat = await newChat('Files');
    const add = async (name: string) =>
      (await person.client.documents.addText(chat, { name, text: 'The heron colony held 412 nests.' }))
        .document;
    const gone = await add('gone.txt');
    await person.client.documents.wait(gone.id);
    const { page, complaints } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${chat}`);
    const documents = page.getByRole('complementary', { name: 'Documents and sources' });
    await documents.getByText('gone.txt').waitFor();
    const late = await hold(page, `${chat}/documents`, 'limit=');
    await say(chat, 'Something that makes the page read.');
    await late.answered;
    await person.client.documents.delete(gone.id);
    await documents.getByText('gone.txt').waitFor({ state: 'detached' });
    await person.client.documents.wait((await add('added.txt')).id);
    await documents.getByText('added.txt').waitFor();
    await late.arrive();
    await page.waitForTimeout(500);
    expect(await documents.getByText('gone.txt').count()).toBe(0);
    expect(await documents.getByText('added.txt').count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('brings no conversation back', async () => {
    const [kept, gone] = [await newChat('Kept'), await newChat('Gone')];
    const { page, complaints } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/settings`);
    const late = await hold(page, '', 'limit=');
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${kept}`);
    await late.answered;
    await person.client.conversations.delete(gone);
    await person.client.conversations.rename(kept, 'Kept and renamed');
    await page.getByRole('heading', { level: 1, name: 'Kept and renamed' }).waitFor();
    await late.arrive();
    await listed(page, kept).getByText('Kept and renamed').waitFor();
    await page.waitForTimeout(500);
    expect((await listed(page, kept).allTextContents()).map((text) => text.trim())).toEqual([
      'Kept and renamed',
    ]);
    expect(await listed(page, gone).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('of the open conversation brings no title back', async () => {
    const chat = await newChat('Opened');
    const { page, complaints } = await openSignedIn(browser, person);
    const late = await openWithLateDocuments(page, chat);
    await person.client.conversations.rename(chat, 'Opened and renamed');
    await listed(page, chat).getByText('Opened and renamed').waitFor();
    await late.arrive();
    await page.waitForTimeout(500);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('Opened and renamed');
    expect((await listed(page, chat).allTextContents()).map((text) => text.trim())).toEqual([
      'Opened and renamed',
    ]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('brings a conversation not back that was deleted while it opened', async () => {
    const chat = await newChat('Deleted');
    await say(chat, 'Nothing of it is shown.');
    const { page } = await openSignedIn(browser, person);
    const late = await openWithLateDocuments(page, chat);
    await person.client.conversations.delete(chat);
    await page.getByText('This conversation was deleted elsewhere.').waitFor();
    await late.arrive();
    await page.waitForTimeout(500);
    expect(await page.getByText('This conversation was deleted elsewhere.').count()).toBe(1);
    expect(await listed(page, chat).count()).toBe(0);
    await page.context().close();
  });

  test('of earlier messages is not put before those of another place', async () => {
    const chat = await newChat('Long');
    const ids: string[] = [];
    for (let at = 1; at <= count; at += 1) ids.push(await say(chat, `Message ${at} of them.`));
    const { page, complaints } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${chat}`);
    await shown(page, `Message ${count} of them.`).waitFor();
    const late = await hold(page, chat, 'before=');
    await page.getByTestId('chat').evaluate((element) => (element.scrollTop = 0));
    await late.answered;
    await page.evaluate((id) => {
      location.hash = `message-${id}`;
    }, ids[4]);
    await shown(page, 'Message 5 of them.').waitFor();
    await late.arrive();
    await page.waitForTimeout(500);
    const places = await page
      .locator('[data-message]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-message') ?? ''));
    const order = places.map((id) => ids.indexOf(id));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(await page.locator('[data-message]').first().getAttribute('data-message')).toBe(ids[0]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
