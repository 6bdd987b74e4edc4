import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

describe.skipIf(chromiumPath === undefined)('footnotes of answers', inBrowser, () => {
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

  test('lead to their text and back, each in its own answer', { timeout: 120_000 }, async () => {
    const person = await newPerson(app.baseUrl);
    const { id } = await person.client.conversations.create({ title: 'Herons' });
    for (const bird of ['Herons', 'Storks'])
      for (const [role, content] of [
        ['user', `${bird}?`],
        ['assistant', `${bird} nest[^a]. ${'More. '.repeat(400)}\n\n[^a]: ${bird} were counted in May.`],
      ] as const)
        await person.client.messages.add(id, { role, content });
    const { page, complaints } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
    const answer = page.locator('article').filter({ hasText: 'Storks were counted' });
    const address = page.url();
    const mark = answer.getByRole('link', { name: 'Footnote 1', exact: true });
    await mark.focus();
    await page.keyboard.press('Enter');
    const note = answer.locator('.footnote');
    await expect.poll(() => note.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await note.isVisible()).toBe(true);
    await note.getByRole('link', { name: 'Back from footnote 1' }).click();
    await expect.poll(() => mark.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(page.url()).toBe(address);
    const ids = await page.locator('.prose [id]').evaluateAll((elements) => elements.map((one) => one.id));
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
