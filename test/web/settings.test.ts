import { createClient } from '@alcove/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { chromiumPath, inBrowser, launchBrowser, openWatchedPage } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };

describe.skipIf(chromiumPath === undefined)('settings and administration in the web app', inBrowser, () => {
  let provider: Provider;
  let app: TestApp;
  let browser: Browser;
  let admin: Person;

  beforeAll(async () => {
    await buildWeb();
    provider = await startProvider();
    const env = { EMBEDDING_BASE_URL: provider.baseUrl, EMBEDDING_MODEL: 'test-embedding' };
    [app, browser] = await Promise.all([startTestApp({ env }), launchBrowser()]);
    admin = await newPerson(app.baseUrl);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await provider?.close();
  });

  test('make keys that may read, change, or use one conversation, and no more', limits, async () => {
    const person = await newPerson(app.baseUrl);
    const { id: herons } = await person.client.conversations.create({ title: 'Herons' });
    const { id: taxes } = await person.client.conversations.create({ title: 'Taxes' });
    const { page, complaints } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/settings`);
    const section = page.getByRole('region', { name: 'API keys' });
    await section.getByText('There are no keys.').waitFor();
    const make = section.getByRole('button', { name: 'Create key' });
    const made = section.getByRole('status').locator('code');
    const withKey = async () => {
      const key = (await made.textContent()) ?? '';
      return (path: string, init: RequestInit = {}) =>
        fetch(`${app.baseUrl}${path}`, { ...init, headers: { authorization: `Bearer ${key}` } });
    };
    await section.getByLabel('What it is for').fill('Only look');
    await section.getByLabel('May').selectOption('read');
    await make.click();
    await section.getByRole('listitem').filter({ hasText: 'Only look' }).getByText('never used').waitFor();
    const reading = await withKey();
    expect((await reading('/conversations')).status).toBe(200);
    expect((await reading(`/conversations/${taxes}`, { method: 'DELETE' })).status).toBe(403);

    await section.getByLabel('What it is for').fill('A heron bot');
    await section.getByLabel('May').selectOption('conversation');
    await expect.poll(() => make.isDisabled()).toBe(true);
    await section.getByLabel('Find a conversation').fill('hero');
    await section.getByLabel('Taxes').waitFor({ state: 'detached' });
    await section.getByLabel('Herons').check();
    await section.getByLabel('Ends on').fill('2099-12-31');
    await make.click();
    const row = section.getByRole('listitem').filter({ hasText: 'A heron bot' });
    await row.getByText(/use one conversation · ends Dec 31, 2099 · never used/).waitFor();
    expect(await row.getByRole('link', { name: 'Herons' }).getAttribute('href')).toContain(herons);
    const limited = await withKey();
    expect((await limited(`/conversations/${herons}`)).status).toBe(200);
    expect((await limited(`/conversations/${taxes}`)).status).toBeGreaterThanOrEqual(403);

    await section.getByRole('button', { name: 'End the key “A heron bot”' }).click();
    await row.waitFor({ state: 'detached' });
    expect((await limited(`/conversations/${herons}`)).status).toBe(401);
    await page.reload();
    await section.getByText('Only look').waitFor();
    // It is shown once.
    expect(await made.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('say to administrators what is not embedded yet, and what changes the model', limits, async () => {
    const { id } = await admin.client.conversations.create({ title: 'Lighthouses' });
    provider.scriptEmbeddings(behave.hang());
    const { document } = await admin.client.documents.addText(id, {
      name: 'marsk.txt',
      text: 'The lighthouse of Marsk was built in 1871.',
    });
    await admin.client.documents.wait(document.id);
    const { page, complaints } = await openSignedIn(browser, admin);
    await page.goto(`${app.baseUrl}/dashboard/settings`);
    const section = page.getByRole('region', { name: 'Models' });
    await section.getByText('test-embedding').waitFor();
    await section.getByText('1 passage in 1 document still without vectors of this model').waitFor();
    await section.getByText('npm run alcove -- models add').waitFor();
    await section.getByText('EMBEDDING_MODEL=bge-m3').waitFor();
    await admin.client.documents.delete(document.id);
    await page.reload();
    await section.getByText('Every passage has its vectors.').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();

    const other = await newPerson(app.baseUrl);
    expect((await other.fetch('/admin/embeddings')).status).toBe(403);
    const { page: theirs } = await openSignedIn(browser, other);
    await theirs.goto(`${app.baseUrl}/dashboard/settings`);
    await theirs.getByRole('region', { name: 'Models' }).getByText('test-embedding').waitFor();
    expect(await theirs.locator('body').innerText()).not.toMatch(/models add|[A-Z]{3,}_[A-Z]{3,}/);
    await theirs.context().close();
  });

  test(
    'let administrators suspend, limit, reset and delete accounts, and show who did what',
    limits,
    async () => {
      const person = await newPerson(app.baseUrl);
      const { email, password } = person;
      const { page, complaints } = await openSignedIn(browser, admin);
      await page.goto(`${app.baseUrl}/dashboard/admin`);
      await page.getByLabel('Find by e-mail').fill(person.email);
      await page.keyboard.press('Enter');
      const row = page.getByRole('row').filter({ hasText: person.email });
      const dialog = page.getByRole('dialog');
      await expect.poll(() => page.getByRole('row').filter({ hasText: '@example.org' }).count()).toBe(1);
      const choose = async (item: string) => {
        await row.getByRole('button', { name: /^Options of/ }).click();
        await page.getByRole('menuitem', { name: item, exact: true }).click();
      };
      const signIn = () => createClient({ baseUrl: app.baseUrl }).accounts.login({ email, password });

      await choose('Suspend');
      await row.getByRole('cell', { name: 'suspended' }).waitFor();
      expect((await person.fetch('/conversations')).status).toBe(401);
      await expect(signIn()).rejects.toThrow();
      await choose('Let in again');
      await row.getByRole('cell', { name: 'active', exact: true }).waitFor();
      const session = await signIn();
      const theirs = createClient({ baseUrl: app.baseUrl, token: () => session.access_token });

      await choose('Limits…');
      await dialog.getByLabel('Documents').fill('0');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
      const { id } = await theirs.conversations.create({ title: 'Full' });
      await expect(theirs.documents.addText(id, { name: 'a.txt', text: 'Herons.' })).rejects.toThrow();
      await choose('Limits…');
      await expect.poll(() => dialog.getByLabel('Documents').inputValue()).toBe('0');
      await dialog.getByLabel('Documents').fill('');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
      await theirs.documents.addText(id, { name: 'a.txt', text: 'Herons.' });

      await choose('Reset password');
      await dialog.getByRole('button', { name: 'Reset password' }).click();
      await dialog.getByText('The password and all sessions are ended.').waitFor();
      const link = (await dialog.locator('code').textContent()) ?? '';
      expect(link).toContain('/setup#');
      await dialog.getByRole('button', { name: 'Close' }).last().click();
      await expect(signIn()).rejects.toThrow();
      await expect(theirs.conversations.list()).rejects.toThrow();

      await page.reload();
      const audit = page.getByRole('region', { name: 'Audit' });
      await audit.getByText('password.reset_issued').waitFor();
      const { entries } = await admin.client.people.audit({ target: person.id });
      expect(entries.length).toBeGreaterThanOrEqual(4);
      for (const { action } of entries) await audit.getByText(action, { exact: true }).first().waitFor();
      await page.getByLabel('Find by e-mail').fill(person.email);
      await page.keyboard.press('Enter');
      await expect.poll(() => page.getByRole('row').filter({ hasText: '@example.org' }).count()).toBe(1);
      await choose('Delete');
      await dialog.getByText(`${email}” is erased with every conversation`).waitFor();
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await row.waitFor({ state: 'detached' });
      expect((await admin.client.people.list({ email: person.email })).users).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test('delete the account with its password, and nothing of it is left', limits, async () => {
    const person = await newPerson(app.baseUrl);
    await person.client.conversations.create({ title: 'Secret herons' });
    const { page } = await openSignedIn(browser, person);
    await page.goto(`${app.baseUrl}/dashboard/settings`);
    await page.getByRole('button', { name: 'Delete my account' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('It cannot be undone.').waitFor();
    await dialog.getByLabel('Your password, to be sure').fill('not the password');
    await dialog.getByRole('button', { name: 'Delete everything' }).click();
    await dialog.getByRole('alert').waitFor();
    expect((await person.fetch('/auth/me')).status).toBe(200);
    await dialog.getByLabel('Your password, to be sure').fill(person.password);
    await dialog.getByRole('button', { name: 'Delete everything' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.locator('body').innerText()).not.toContain('Secret herons');
    const { email, password } = person;
    const again = createClient({ baseUrl: app.baseUrl }).accounts.login({ email, password });
    await expect(again).rejects.toMatchObject({ status: 401 });
    expect((await person.fetch('/auth/me')).status).toBe(401);
    await page.context().close();
  });

  test('keep nothing in the browser once somebody has signed out', limits, async () => {
    const person = await newPerson(app.baseUrl);
    const { id } = await person.client.conversations.create({ title: 'Kingfisher census' });
    await person.client.messages.add(id, { role: 'user', content: 'There were nine kingfishers.' });
    const { page, complaints } = await openSignedIn(browser, person);
    const stored: string[] = [];
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      const isOurs = pathname.startsWith('/conversations') || pathname.startsWith('/auth');
      if (isOurs && !/no-store/.test(response.headers()['cache-control'] ?? '')) stored.push(pathname);
    });
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${id}`);
    await page.getByText('nine kingfishers').waitFor();
    await page.getByLabel('Your question').fill('A question about kingfishers');
    await page.getByRole('button', { name: 'Signed in as' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    for (const go of [() => page.goBack(), () => page.reload()]) {
      await go();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      expect(await page.locator('body').innerText()).not.toMatch(/kingfisher/i);
    }
    const kept = await page.evaluate(async () => {
      const inCache = await Promise.all(
        (await caches.keys()).map(async (name) =>
          (await (await caches.open(name)).keys()).map(({ url }) => url),
        ),
      );
      const databases = (await indexedDB.databases()).map(({ name }) => name);
      return JSON.stringify([
        Object.entries(localStorage),
        Object.entries(sessionStorage),
        document.cookie,
        inCache,
        databases,
      ]);
    });
    expect(kept).not.toMatch(/kingfisher|conversations\//i);
    expect(kept).toContain('[],[]]');
    expect(stored).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('continue a shared conversation as one of one’s own', limits, async () => {
    const [owner, guest] = [await newPerson(app.baseUrl), await newPerson(app.baseUrl)];
    const { id } = await owner.client.conversations.create({ title: 'Tern census' });
    await owner.client.messages.add(id, { role: 'user', content: 'How many terns?' });
    await owner.client.messages.add(id, { role: 'assistant', content: 'Ninety terns.' });
    const { url } = await owner.client.shares.create(id, { document_ids: [] });
    const { pathname } = new URL(url, app.baseUrl);
    const { page, complaints } = await openWatchedPage(browser, new URL(app.baseUrl).origin);
    await page.goto(`${app.baseUrl}${pathname}`);
    await page.getByText('Ninety terns.').waitFor();
    await page.getByRole('button', { name: 'Sign in to continue it' }).click();
    await page.getByLabel('E-mail').fill(guest.email);
    await page.getByLabel('Password').fill(guest.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`**${pathname}`);
    await page.getByRole('button', { name: 'Continue as my own' }).click();
    await page.waitForURL(/\/dashboard\/chatbot\/[0-9a-f-]{36}$/);
    await page.getByText('Ninety terns.').waitFor();
    await page.getByLabel('Your question').fill('And where?');
    await page.keyboard.press('Enter');
    await page.locator('article[data-status=complete]').nth(1).waitFor();
    const own = (await guest.client.conversations.list()).conversations;
    expect(own).toHaveLength(1);
    expect(own[0]?.id).not.toBe(id);
    expect((await owner.client.conversations.get(id)).messages).toHaveLength(2);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
