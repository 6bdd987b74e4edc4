import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const ended = 'This link shows nothing any more.';

describe.skipIf(chromiumPath === undefined)('the page of a link', { ...inBrowser, timeout: 120_000 }, () => {
  let app: TestApp;
  let browser: Browser;
  let owner: Person;
  let reader: Person;

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    [owner, reader] = [await newPerson(app.baseUrl), await newPerson(app.baseUrl)];
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  async function share(body: Parameters<Person['client']['shares']['create']>[1]) {
    const { id } = await owner.client.conversations.create({ title: 'Glaciers' });
    await owner.client.messages.add(id, { role: 'user', content: 'How long is it?' });
    const made = await owner.client.shares.create(id, body);
    return { id, share: made.id, path: new URL(made.url, app.baseUrl).pathname };
  }

  test('asks for its password until it is right, and sends each once', async () => {
    const { path } = await share({ password: 'moraine' });
    const { page } = await openSignedIn(browser, reader);
    const sent: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (isReading(request)) sent.push(request.headers()['x-share-password']);
    });
    await page.goto(`${app.baseUrl}${path}`);
    const field = page.getByLabel('Password');
    const tryIt = async (password: string) => {
      await field.fill(password);
      await page.getByRole('button', { name: 'Open' }).click();
    };
    await field.waitFor();
    sent.length = 0;
    await tryIt('glacier');
    await page.getByRole('alert').getByText('The password of this link is wrong.').waitFor();
    expect(sent).toEqual(['glacier']);

    const problem = { code: 'rate_limited', error: 'Too many tries.' };
    const late = (route: Route) =>
      route.fulfill({
        status: 429,
        contentType: 'application/problem+json',
        headers: { 'retry-after': '7' },
        body: JSON.stringify(problem),
      });
    await answerReading(page, path, late);
    await tryIt('moraine');
    await page.getByRole('alert').getByText('Try again in 7 seconds.').waitFor();
    expect(await field.inputValue()).toBe('moraine');
    expect(await page.getByText(ended).count()).toBe(0);
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('How long is it?').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.context().close();
  });

  test('that cannot be read now says so, and is tried again', async () => {
    const { path, share: id } = await share({});
    const { page } = await openSignedIn(browser, reader);
    await answerReading(page, path, (route) => route.abort());
    await page.goto(`${app.baseUrl}${path}`);
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    expect(await page.getByText(ended).count()).toBe(0);
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('How long is it?').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await owner.client.shares.revoke(id);
    await page.reload();
    await page.getByText(ended).waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await page.context().close();
  });

  test('forgets what could not be read for a while, and keeps what was not said', async () => {
    const { id, path } = await share({ recipient: reader.email, access: 'take_part' });
    const { page } = await openSignedIn(browser, reader);
    await page.goto(`${app.baseUrl}${path}`);
    await page.getByText('How long is it?').waitFor();
    await answerReading(page, path, (route) => route.abort());
    await owner.client.messages.add(id, { role: 'user', content: 'And how thick?' });
    await page.getByRole('alert').waitFor();
    await page.unrouteAll();
    await owner.client.messages.add(id, { role: 'user', content: 'And how old?' });
    await page.getByText('And how old?').waitFor();
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);

    const field = page.getByLabel('Your question');
    const held = Promise.withResolvers<void>();
    await page.route(/\/query$/, async (route) => {
      await held.promise;
      await route.abort();
    });
    await field.fill('How cold is it?');
    const request = page.waitForRequest(/\/query$/);
    await field.press('Enter');
    await request;
    await field.fill('Or how warm?');
    held.resolve();
    await expect.poll(() => field.inputValue()).toBe('How cold is it?\n\nOr how warm?');
    await page.getByRole('alert').waitFor();
    await page.context().close();
  });
});

/** Whether a page asks the API for what a link shows; the page itself has the same address. */
function isReading(request: { resourceType: () => string; url: () => string }): boolean {
  return request.resourceType() === 'fetch' && /^\/s\/[^/]+$/.test(new URL(request.url()).pathname);
}

async function answerReading(
  page: Page,
  path: string,
  answer: (route: Route) => Promise<void>,
): Promise<void> {
  await page.route(
    (url) => url.pathname === path,
    (route) => (isReading(route.request()) ? answer(route) : route.fallback()),
  );
}
