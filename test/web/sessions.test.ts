import type { Session } from '@alcove/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, personOf, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0';

describe.skipIf(chromiumPath === undefined)('sessions in the web app', inBrowser, () => {
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

  async function signInElsewhere(person: Person): Promise<Person> {
    const response = await fetch(`${app.baseUrl}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': firefox },
      body: JSON.stringify({ email: person.email, password: person.password }),
    });
    const { access_token: token } = (await response.json()) as Session;
    return personOf(app.baseUrl, token, person);
  }

  test('are listed, and ended one by one or all but this one', { timeout: 120_000 }, async () => {
    const person = await newPerson(app.baseUrl);
    const others = [await signInElsewhere(person), await signInElsewhere(person)];
    const { page, complaints } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/settings`);
    const section = page.getByRole('region', { name: 'Where you are signed in' });
    const rows = section.getByRole('listitem');
    await rows.nth(3).waitFor();
    expect(await rows.count()).toBe(4);
    expect(await rows.first().textContent()).toMatch(/Chrome on .*this device/s);
    expect(await rows.first().getByRole('button').count()).toBe(0);

    // The newer one of the two.
    await section
      .getByRole('button', { name: /^Sign out Firefox on Windows/ })
      .first()
      .click();
    await expect.poll(() => rows.count()).toBe(3);
    expect((await others[1]?.fetch('/auth/me'))?.status).toBe(401);
    expect((await others[0]?.fetch('/auth/me'))?.status).toBe(200);
    await section.getByRole('status').getByText('Firefox on Windows is signed out.').waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await expect.poll(focused).toMatch(/^Sign out Firefox on Windows/);

    await section.getByRole('button', { name: 'Sign out everywhere else' }).click();
    await expect.poll(() => rows.count()).toBe(1);
    await section.getByRole('status').getByText('Signed out of 2 other sessions.').waitFor();
    for (const other of [person, ...others]) expect((await other.fetch('/auth/me')).status).toBe(401);
    expect(await section.getByRole('button').count()).toBe(0);
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe('Where you are signed in');
    await page.reload();
    await rows.first().waitFor();
    expect(await rows.count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
