import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
interface Manifest {
  display: string;
  icons: { src: string; sizes: string; type: string }[];
}

describe.skipIf(chromiumPath === undefined)('the web app on a phone', inBrowser, () => {
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

  test('has a manifest that a browser takes, with icons of the sizes that it names', limits, async () => {
    const { page } = await openSignedIn(browser, person);
    const { data, errors } = await (await page.context().newCDPSession(page)).send('Page.getAppManifest');
    expect(errors).toEqual([]);
    const manifest = JSON.parse(data ?? '{}') as Manifest;
    expect(manifest.display).toBe('standalone');
    for (const { src, sizes, type } of manifest.icons) {
      const response = await fetch(`${app.baseUrl}${src}`);
      expect(response.headers.get('content-type')).toContain(type);
      const bytes = Buffer.from(await response.arrayBuffer());
      // Width and height of a PNG stand in its first chunk.
      if (type === 'image/png') expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes);
    }
    await page.context().close();
  });

  test(
    'takes files that are shared with it, after asking, and keeps nothing of anybody',
    limits,
    async () => {
      const { page, complaints } = await openSignedIn(browser, person);
      const scope = () =>
        page.evaluate(async () => (await navigator.serviceWorker.getRegistrations())[0]?.scope);
      await expect.poll(scope).toBe(`${app.baseUrl}/_app/`);
      await expect
        .poll(() =>
          page.evaluate(async () => (await navigator.serviceWorker.getRegistrations())[0]?.active?.state),
        )
        .toBe('activated');
      const share = () =>
        page.evaluate(() => {
          const form = Object.assign(document.createElement('form'), {
            method: 'post',
            action: '/_app/share',
          });
          form.enctype = 'multipart/form-data';
          const field = Object.assign(document.createElement('input'), { type: 'file', name: 'file' });
          const data = new DataTransfer();
          data.items.add(new File(['The colony held 412 nests.'], 'nests ü.txt', { type: 'text/plain' }));
          field.files = data.files;
          form.append(field);
          document.body.append(form);
          form.submit();
        });
      await share();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('nests ü.txt').waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await expect.poll(() => page.evaluate(() => caches.keys())).toEqual([]);
      expect((await person.client.conversations.list()).conversations).toEqual([]);

      await share();
      await dialog.getByRole('button', { name: 'Add to a new conversation' }).click();
      await page.locator('li[data-document][data-status=ready]').getByText('nests ü.txt').waitFor();
      // What was shared and never taken is gone with the session, and before another one begins.
      const leave = () => page.evaluate(async () => void (await caches.open('alcove-shared')));
      const left = () => page.evaluate(() => caches.keys());
      await leave();
      await page.goto(`${app.baseUrl}/dashboard/chatbot`);
      await expect.poll(left).toEqual([]);
      await leave();
      await page.getByRole('button', { name: 'Signed in as' }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await expect.poll(left).toEqual([]);
      const kept = () =>
        page.evaluate(() => Object.keys(localStorage).filter((key) => /draft|starters|signed/.test(key)));
      await expect.poll(kept).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );
});
