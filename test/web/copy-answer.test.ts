import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { resolveMarkers } from '../../web/src/lib/answers/resolve-markers.ts';
import { plainText } from '../../web/src/lib/markdown/plain-text.ts';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

describe('the plain text of an answer', () => {
  test.each([
    ['## Fleet\n\nIt **has** _three_ `tugs`.', 'Fleet\n\nIt has three tugs.'],
    ['- one\n- two\n  - below\n\n3. third\n4. fourth', '- one\n- two\n  - below\n\n3. third\n4. fourth'],
    ['| a | b |\n|---|--:|\n| 1 | **2** |', 'a\tb\n1\t2'],
    ['```js\nconst a = "**b**";\n```', 'const a = "**b**";'],
    ['- [x] done\n- [ ] open', '- ☑ done\n- ☐ open'],
    [
      'See [the site](https://example.org/a) or <https://example.org>.',
      'See the site (https://example.org/a) or https://example.org.',
    ],
    ['> quoted *words*\n\nx &amp; y < z \\* w', 'quoted words\n\nx & y < z * w'],
    ['a_b_c and 2 * 3 * 4 and <b>bold</b>', 'a_b_c and 2 * 3 * 4 and <b>bold</b>'],
  ])('of %j is %j', (markdown, text) => {
    expect(plainText(markdown)).toBe(text);
  });
});

describe('the markers of an answer', () => {
  const cited = new Set([3, 7, 9]);
  const plain = (at: number) => `[${at}]`;

  test('are counted in the order in which the answer names its sources', () => {
    expect(resolveMarkers('One [7]. Two [3, 7]. Three [7].', cited, plain)).toEqual({
      text: 'One [1]. Two [2][1]. Three [1].',
      order: [7, 3],
    });
  });

  test('are left alone in code, in links and where they name nothing', () => {
    const text = '`a[3]` and [3](https://example.org) and [4] and [3, 4]';
    expect(resolveMarkers(text, cited, plain)).toEqual({ text, order: [] });
  });
});

describe.skipIf(chromiumPath === undefined)(
  'an answer that is copied',
  { ...inBrowser, timeout: 120_000 },
  () => {
    let app: TestApp;
    let browser: Browser;

    beforeAll(async () => {
      await buildWeb();
      [app, browser] = await Promise.all([
        startTestApp({ env: { ALLOWED_HOSTS: 'alcove.test,127.0.0.1' } }),
        launchBrowser(),
      ]);
    }, 240_000);

    afterAll(async () => {
      await browser?.close();
      await app?.close();
    });

    test('names its sources below it, and in Markdown leads to them', async () => {
      const person = await newPerson(app.baseUrl);
      const { conversations, documents, asking } = person.client;
      const { id } = await conversations.create({ title: 'Herons' });
      const text = 'The heron colony at Lake Sorrow held 412 nests in 2025.';
      const { document } = await documents.addText(id, { name: 'nests_2025.txt', text });
      await documents.wait(document.id);
      await asking.ask(id, { query: 'How many nests did the colony hold in 2025?' });
      const { page, complaints } = await openSignedIn(browser, person);
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: app.baseUrl });
      await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
      const answer = page.locator('article[data-status=complete]');
      await answer.locator('.pill').first().waitFor();
      const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
      const copied = async (name: string) => {
        await page.evaluate(() => navigator.clipboard.writeText(''));
        await answer.getByRole('button', { name, exact: true }).click();
        await expect.poll(clipboard).not.toBe('');
        return clipboard();
      };
      const plain = await copied('Copy');
      expect(plain).toContain('412 nests');
      expect(plain).toMatch(/\[1\]/);
      expect(plain).not.toMatch(/[*`#>]/);
      expect(plain.trimEnd().split('\n').slice(-2)).toEqual(['Sources:', '[1] nests_2025.txt']);
      const markdown = await copied('Copy as Markdown');
      const [, address = ''] = /\[\[1\]\]\((\S+)\)/.exec(markdown) ?? [];
      expect(markdown).toContain(`1. [nests\\_2025.txt](${address})`);
      await page.goto(address);
      await page.locator('[data-testid=original] mark').first().waitFor();
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    test('is copied from a page on a plain address, too, or says that it was not', async () => {
      const { port } = new URL(app.baseUrl);
      // To browsers an address of this machine is as good as https.
      const plain = await launchBrowser(['--host-resolver-rules=MAP alcove.test 127.0.0.1']);
      try {
        const person = await newPerson(app.baseUrl);
        const { id } = await person.client.conversations.create({ title: 'Herons' });
        await person.client.asking.ask(id, { query: 'Where do herons nest?' });
        const baseUrl = `http://alcove.test:${port}`;
        const { page, complaints } = await openSignedIn(plain, { ...person, baseUrl });
        expect(await page.evaluate(() => isSecureContext)).toBe(false);
        await page.goto(`${baseUrl}/dashboard/chatbot/${id}`);
        const answer = page.locator('article[data-status=complete]');
        await answer.getByRole('button', { name: 'Copy', exact: true }).click();
        await answer.getByRole('button', { name: 'Copied', exact: true }).waitFor();
        const field = page.getByLabel('Your question');
        await field.focus();
        await page.keyboard.press('Control+v');
        await expect.poll(() => field.inputValue()).not.toBe('');

        // In a dialog, beside which nothing can have the focus.
        await page.getByRole('button', { name: 'More', exact: true }).click();
        await page.getByRole('menuitem', { name: 'Share' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByRole('button', { name: 'Make a link' }).click();
        const copy = dialog.getByRole('button', { name: 'Copy the link' });
        await copy.click();
        await dialog.getByRole('status').getByText('Copied').waitFor();
        expect(await copy.evaluate((button) => button === document.activeElement)).toBe(true);
        const recipient = dialog.getByLabel(/Only for/);
        await recipient.focus();
        await page.keyboard.press('Control+v');
        await expect
          .poll(() => recipient.inputValue())
          .toBe((await dialog.locator('code').textContent()) ?? '');

        await page.evaluate(() => {
          document.execCommand = () => false;
        });
        await copy.click();
        await dialog.getByText('Not copied: mark the text and copy it by hand.').waitFor();
        // A header for secure addresses, which the browser says that it leaves out here.
        expect(complaints.filter((one) => !one.includes('Cross-Origin-Opener-Policy'))).toEqual([]);
      } finally {
        await plain.close();
      }
    });
  },
);
