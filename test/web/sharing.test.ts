import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addText, askJson, newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, startTestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

describe.skipIf(chromiumPath === undefined)(
  'a conversation of two people',
  { ...inBrowser, timeout: 240_000 },
  () => {
    let app: Awaited<ReturnType<typeof startTestApp>>;
    let browser: Browser;
    let owner: Person;
    let guest: Person;

    beforeAll(async () => {
      await buildWeb();
      [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
      [owner, guest] = [await newPerson(app.baseUrl), await newPerson(app.baseUrl)];
    }, 240_000);
    afterAll(async () => {
      await browser?.close();
      await app?.close();
    });

    test('is shared by its owner, written in by both, and ended at once', async () => {
      const conversation = await newConversation(owner);
      await addText(
        owner,
        conversation,
        'The heron colony at Lake Sorrow held 412 nests in 2025.',
        'herons.txt',
      );
      await askJson(owner, conversation, 'How many nests did the colony hold?');

      const { page: hers, complaints } = await openSignedIn(browser, owner);
      await hers.goto(`${app.baseUrl}/dashboard/chatbot/${conversation}`);
      await hers.getByRole('article', { name: 'You' }).first().waitFor();
      await hers.getByRole('button', { name: 'More' }).first().click();
      await hers.getByRole('menuitem', { name: 'Share' }).click();
      const dialog = hers.getByRole('dialog');
      await dialog.getByLabel(/Only for/).fill(guest.email);
      await dialog.getByLabel(/take part/).check();
      await dialog.getByRole('button', { name: 'Make a link' }).click();
      await dialog.getByText(`${guest.email} takes part`).waitFor();
      const address = new URL((await dialog.locator('code').textContent()) ?? '', app.baseUrl);

      const { page: his, complaints: hisComplaints } = await openSignedIn(browser, guest);
      await his.goto(`${app.baseUrl}${address.pathname}`);
      await his.getByText('You take part in this conversation').waitFor();
      const log = his.getByRole('log');
      await log.getByRole('article', { name: 'The owner' }).waitFor();
      await his.getByLabel('Your question').fill('I counted them myself.');
      await his.getByRole('button', { name: 'Only write' }).click();
      await log.getByRole('article', { name: 'You' }).getByText('I counted them myself.').waitFor();
      await his.getByLabel('Your question').fill('How many nests were there?');
      await his.keyboard.press('Enter');
      await expect
        .poll(() => log.getByRole('article', { name: 'Alcove' }).count(), { timeout: 60_000 })
        .toBe(2);
      await log.locator('.pill').last().waitFor();

      // Each sees what the other says without doing anything, with their name.
      await dialog.getByRole('button', { name: 'Close' }).click();
      await hers
        .getByRole('article', { name: guest.email })
        .first()
        .getByText('I counted them myself.')
        .waitFor();
      await hers.getByLabel('Your question').fill('And how many herons?');
      await hers.keyboard.press('Enter');
      await log.getByRole('article', { name: 'The owner' }).getByText('And how many herons?').waitFor();
      await expect
        .poll(() => log.getByRole('article', { name: 'Alcove' }).count(), { timeout: 60_000 })
        .toBe(3);

      const { shares } = await owner.client.shares.list({ conversation_id: conversation });
      for (const { id } of shares) await owner.client.shares.revoke(id);
      await his.getByText('This link shows nothing any more.').waitFor();
      expect(await his.getByText('412').count()).toBe(0);
      expect(complaints).toEqual([]);
      // What the revoked link answers is said by the browser too.
      expect(hisComplaints.filter((line) => !line.includes('404'))).toEqual([]);
    });

    test('keeps the focus in its dialog when links are revoked', async () => {
      const conversation = await newConversation(owner);
      await owner.client.messages.add(conversation, { role: 'user', content: 'Twice shared.' });
      for (const password of ['first', 'second'])
        await owner.client.shares.create(conversation, { password });
      const { page: hers, complaints } = await openSignedIn(browser, owner);
      await hers.goto(`${app.baseUrl}/dashboard/chatbot/${conversation}`);
      await hers.getByRole('button', { name: 'More', exact: true }).click();
      await hers.getByRole('menuitem', { name: 'Share' }).click();
      const revoke = hers.getByRole('button', { name: 'Revoke the link' });
      const focused = () =>
        hers.evaluate(() => {
          const { ariaLabel, tagName } = document.activeElement ?? {};
          return ariaLabel ?? tagName;
        });
      await expect.poll(() => revoke.count()).toBe(2);
      await revoke.first().press('Enter');
      await expect.poll(() => revoke.count()).toBe(1);
      await expect.poll(focused).toBe('Copy the link');
      await revoke.press('Enter');
      await expect.poll(() => revoke.count()).toBe(0);
      await expect.poll(focused).toBe('INPUT');
      expect(complaints).toEqual([]);
      await hers.context().close();
    });

    test('shows itself to its recipient once they have signed in', async () => {
      const conversation = await newConversation(owner);
      await owner.client.messages.add(conversation, { role: 'user', content: 'For your eyes.' });
      const { url } = await owner.client.shares.create(conversation, { recipient: guest.email });
      const page = await (await browser.newContext()).newPage();
      await page.goto(`${app.baseUrl}${new URL(url, app.baseUrl).pathname}`);
      await page.getByText('If it was made for you, sign in first.').waitFor();
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByLabel('E-mail').fill(guest.email);
      await page.getByLabel('Password').fill(guest.password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('For your eyes.').waitFor();
      expect(await page.getByLabel('Your question').count()).toBe(0);
      await page.context().close();
    });

    test('that is not shared is seen, found and opened by its owner only', async () => {
      const conversation = await newConversation(owner);
      await owner.client.conversations.rename(conversation, 'Kingfisher census');
      await addText(owner, conversation, 'Kingfishers were seen at nine weirs.', 'kingfishers.txt');
      await askJson(owner, conversation, 'At how many weirs were kingfishers seen?');
      const [{ page: hers, complaints }, { page: his }] = await Promise.all([
        openSignedIn(browser, owner),
        openSignedIn(browser, guest),
      ]);
      const visit = (page: Page, path: string) => page.goto(`${app.baseUrl}/dashboard/${path}`);
      await hers.getByRole('link', { name: 'Kingfisher census' }).waitFor();
      await visit(hers, 'search?q=kingfishers');
      await hers.getByText(/^\d+ results?$/).waitFor();
      await visit(hers, 'documents');
      await hers.locator('tr[data-document]').filter({ hasText: 'kingfishers.txt' }).waitFor();
      await visit(hers, `chatbot/${conversation}`);
      await hers.locator('article[data-status=complete]').waitFor();

      for (const [path, said] of [
        ['search?q=kingfishers', 'Nothing was found.'],
        ['documents', 'There are no documents yet.'],
        [`chatbot/${conversation}`, 'This conversation does not exist'],
      ] as const) {
        await visit(his, path);
        await his.getByText(said).waitFor();
        expect(await his.locator('body').innerText(), path).not.toMatch(/kingfisher census|weirs|\.txt/i);
      }
      expect(complaints).toEqual([]);
      await Promise.all([hers.context().close(), his.context().close()]);
    });
  },
);
