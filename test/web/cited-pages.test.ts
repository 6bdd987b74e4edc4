import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };

describe.skipIf(chromiumPath === undefined)('what an imported answer cites', inBrowser, () => {
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

  test('is listed below it by name and address, as text, and nothing is fetched', limits, async () => {
    const { id } = await person.client.conversations.create({ title: 'Brought along' });
    const cited = [
      { title: '<img src=x onerror=alert(1)>', url: 'https://river.example/length' },
      { title: 'A file', url: 'javascript:alert(1)' },
      { title: null, url: 'http://plain.example/' },
      { title: 'With a name', url: 'https://user:secret@river.example/' },
      'nothing',
    ];
    await person.json('POST', `/conversations/${id}/messages`, {
      role: 'assistant',
      content: 'Ten miles [1].',
      message_metadata: { cited },
    });
    const { page, complaints } = await openSignedIn(browser, person);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).host));
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
    const list = page.getByRole('region', { name: 'Cited where it was imported from' });
    await expect
      .poll(() => list.getByRole('listitem').allInnerTexts())
      .toEqual(['<img src=x onerror=alert(1)> https://river.example/length', 'A file', 'With a name']);
    const links = await list
      .getByRole('link')
      .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    expect(links).toEqual(['https://river.example/length']);
    expect(new Set(asked)).toEqual(new Set([new URL(app.baseUrl).host]));
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
