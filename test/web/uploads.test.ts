import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encryptedPdf } from '../documents/support/files.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, dropFiles, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };
const nests = 'The heron colony at Lake Sorrow held 412 nests in 2025.';

describe.skipIf(chromiumPath === undefined)('files in the web app', inBrowser, () => {
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

  test('say how much of a large file is sent and how long the rest takes', limits, async () => {
    const sender = await newPerson(app.baseUrl);
    const { id } = await sender.client.conversations.create({ title: 'Slow' });
    const { page, complaints } = await openSignedIn(browser, sender);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
    await page.getByText('No documents yet.').waitFor();
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    await network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: 100_000,
    });
    const large = { type: 'text/plain', bytes: Buffer.alloc(4_000_000, 'The heron waits in the reeds. ') };
    const names = ['first.txt', 'second.txt', 'third.txt'];
    await dropFiles(
      page,
      names.map((name) => ({ ...large, name })),
    );
    const rowOf = (name: string) => page.getByRole('listitem').filter({ hasText: name });
    await expect
      .poll(() => rowOf('first.txt').innerText(), { timeout: 60_000 })
      .toMatch(/Uploading\s+[1-9]\d? % · (\d+ min )?\d+ s left/);
    // Two are sent at a time.
    expect(await rowOf('third.txt').innerText()).toMatch(/Waiting\s+0 %/);
    for (const name of names.toReversed())
      await page.getByRole('button', { name: `Cancel the upload of “${name}”` }).click();
    await page.getByText('No documents yet.').waitFor();
    expect((await sender.client.documents.list(id)).documents).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('that are dropped together are read without those that cannot be', limits, async () => {
    const { id } = await person.client.conversations.create({ title: 'A mixed drop' });
    const { page, complaints } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
    await page.getByRole('heading', { level: 1, name: 'A mixed drop' }).waitFor();
    const locked = encryptedPdf('locked.pdf');
    await dropFiles(page, [
      { name: 'one.txt', type: 'text/plain', bytes: Buffer.from('The first pier is 90 m long.') },
      { name: locked.name, type: 'application/pdf', bytes: Buffer.from(locked.bytes) },
      { name: 'damaged.pdf', type: 'application/pdf', bytes: Buffer.from('%PDF-1.7\nnothing of a document') },
      { name: 'two.txt', type: 'text/plain', bytes: Buffer.from('The second pier is 40 m long.') },
    ]);
    const row = (name: string) => page.locator('li[data-document]').filter({ hasText: name });
    await row('locked.pdf').getByRole('alert').getByText('Save it without a password').waitFor();
    await row('damaged.pdf').getByRole('alert').getByText('It may be damaged').waitFor();
    for (const name of ['one.txt', 'two.txt'])
      await expect.poll(() => row(name).getAttribute('data-status'), { timeout: 30_000 }).toBe('ready');
    await page.getByText('2 documents of this conversation').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('that did not arrive are sent again without being looked for again', limits, async () => {
    const own = await newPerson(app.baseUrl);
    const { page } = await openSignedIn(browser, own);
    const uploads = /\/conversations\/[^/]+\/documents/;
    await page.route(uploads, (route) =>
      route.request().method() === 'POST' ? route.abort() : route.continue(),
    );
    const file = { name: 'nests.txt', type: 'text/plain', bytes: Buffer.from(nests) };
    await dropFiles(page, [file]);
    const again = page.getByRole('button', { name: 'Try again to send “nests.txt”' });
    await again.waitFor();
    await again.click();
    await again.waitFor();
    await page.unroute(uploads);
    await again.click();
    await page.locator('li[data-document][data-status=ready]').getByText('nests.txt').waitFor();
    expect(await again.count()).toBe(0);
    expect((await own.client.documents.listAll()).documents).toHaveLength(1);
    await page.context().close();
  });

  test('that are dropped where there is no conversation do not take the page away', limits, async () => {
    const { page } = await openSignedIn(browser, person);
    for (const path of ['documents', 'search', 'settings']) {
      await page.goto(`${app.baseUrl}/dashboard/${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const dataTransfer = await page.evaluateHandle(() => {
        const data = new DataTransfer();
        data.items.add(new File(['x'], 'x.txt', { type: 'text/plain' }));
        return data;
      });
      await page.dispatchEvent('main', 'dragenter', { dataTransfer });
      await page.getByText('Files are added in a conversation: open one and drop them there').waitFor();
      const isPrevented = await page.evaluate((data) => {
        const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
        return !document.querySelector('main')?.dispatchEvent(drop);
      }, dataTransfer);
      expect(isPrevented, path).toBe(true);
      await page.getByText('Files are added in a conversation').waitFor({ state: 'detached' });
    }
    await page.context().close();
  });
});
