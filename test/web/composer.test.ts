import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { chromiumPath, dropFiles, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const limits = { timeout: 120_000 };

describe.skipIf(chromiumPath === undefined)('the composer of the web app', inBrowser, () => {
  let provider: Provider;
  let app: TestApp;
  let browser: Browser;
  let person: Person;

  beforeAll(async () => {
    await buildWeb();
    provider = await startProvider();
    // Without a worker a file stays unread for as long as the test looks at it.
    const env = {
      ROLE: 'web',
      WAIT_FOR_FILES_S: '90',
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'model-a,model-b',
    };
    [app, browser] = await Promise.all([startTestApp({ env }), launchBrowser()]);
    person = await newPerson(app.baseUrl);
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await provider?.close();
  });

  test(
    'says which files are read, how far and for how long, and asks without them when told to',
    limits,
    async () => {
      const { id } = await person.client.conversations.create({ title: 'Unread' });
      await person.client.documents.addText(id, { name: 'long report.txt', text: 'The pier is 90 m long.' });
      const { page, complaints } = await openSignedIn(browser, person);
      await page.getByRole('link', { name: 'Unread' }).click();
      await page.getByText(/reading long report\.txt, 0 %; the answer waits for them/).waitFor();
      await page.getByLabel('Your question').fill('How long is the pier?');
      await page.keyboard.press('Enter');
      const waiting = page.getByTestId('waiting');
      await waiting
        .getByText(/Reading “long report\.txt”: 0 %\. .* at the latest in \d+ seconds\./)
        .waitFor();
      provider.setDefault(behave.answer('About as long as others.'));
      await waiting.getByRole('button', { name: 'Ask without them' }).click();
      await page.locator('article[data-status=complete]').getByText('About as long as others.').waitFor();
      expect(await page.getByText('Stopped.').count()).toBe(0);

      const [unread] = (await person.client.documents.list(id)).documents;
      await page.getByRole('button', { name: 'Ask without them' }).press('Enter');
      await page.getByRole('button', { name: 'Wait for them' }).waitFor();
      await person.client.documents.cancel(unread?.id ?? '');
      await page.getByRole('button', { name: 'Wait for them' }).waitFor({ state: 'detached' });
      await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('composer');
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test('says what went wrong, and which setting mends it to administrators alone', limits, async () => {
    const other = await newPerson(app.baseUrl);
    for (const [reader, told] of [
      [person, /refused the key: check LLM_API_KEY\./],
      [other, /refused the key: tell whoever runs this server, or ask again later\./],
    ] as const) {
      const { page } = await openSignedIn(browser, reader);
      provider.script(behave.unauthorized());
      await page.getByLabel('Your question').fill('How long is the pier?');
      await page.keyboard.press('Enter');
      const answer = page.locator('article[data-status=failed]');
      await answer.getByText(told).waitFor();
      await page.reload();
      await answer.getByText(told).waitFor();
      const isNamed = /[A-Z]{3,}_[A-Z]{3,}/.test(await page.locator('body').innerText());
      expect(isNamed).toBe(reader === person);
      await page.context().close();
    }
  });

  test(
    'asks when the files that are being sent have arrived, or takes the question back',
    limits,
    async () => {
      provider.setDefault(behave.answer('As they say.'));
      const { page, complaints } = await openSignedIn(browser, person);
      const held = Promise.withResolvers<void>();
      await page.route(/\/documents$/, async (route) => {
        if (route.request().method() === 'POST') await held.promise;
        await route.continue();
      });
      let asked = 0;
      page.on('request', (request) => (asked += request.url().endsWith('/query') ? 1 : 0));
      const field = page.getByLabel('Your question');
      const bytes = Buffer.from('The pier is 90 m long.');
      await field.fill('How long is the pier?');
      await dropFiles(page, [{ name: 'pier.txt', type: 'text/plain', bytes }]);
      await page.waitForURL(/chatbot\/[0-9a-f-]{36}$/);
      await expect.poll(() => field.inputValue()).toBe('How long is the pier?');
      await expect.poll(() => page.evaluate(() => localStorage.getItem('alcove-draft-new'))).toBeNull();

      const waiting = page.getByText('The question is asked when the files have been sent.');
      await field.press('Enter');
      await waiting.waitFor();
      await page.getByRole('button', { name: 'Stop' }).click();
      await waiting.waitFor({ state: 'detached' });
      await expect.poll(() => field.inputValue()).toBe('How long is the pier?');
      await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
      await field.press('Enter');
      await waiting.waitFor();
      expect(asked).toBe(0);
      held.resolve();
      await page.getByTestId('waiting').getByRole('button', { name: 'Ask without them' }).click();
      await page.locator('article[data-status=complete]').getByText('As they say.').waitFor();
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  test('keeps what was written when the session ends', limits, async () => {
    const { page } = await openSignedIn(browser, person);
    await page.getByLabel('Your question').fill('How high is');
    await page.context().clearCookies();
    await page.reload();
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect.poll(() => page.getByLabel('Your question').inputValue()).toBe('How high is');
    const other = await newPerson(app.baseUrl);
    await page.context().clearCookies();
    await page.reload();
    await page.getByLabel('E-mail').fill(other.email);
    await page.getByLabel('Password').fill(other.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Your question').waitFor();
    await expect.poll(() => page.getByLabel('Your question').inputValue()).toBe('');
    await page.context().close();
  });

  test('goes on with an answer that was cut off by its length', limits, async () => {
    provider.setDefault(behave.answer('The end of the list.'));
    provider.script(behave.answer('A list that is too', { finish: 'length' }));
    const { page, complaints } = await openSignedIn(browser, person);
    await page.getByLabel('Your question').fill('List every lighthouse.');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.locator('article[data-status=complete]').getByText('The end of the list.').waitFor();
    expect(await page.getByRole('button', { name: 'Continue' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('does not send with the Enter that chooses a word of an input method', limits, async () => {
    const { page } = await openSignedIn(browser, person);
    const field = page.getByLabel('Your question');
    await field.fill('橋の長さは');
    const isLeftAlone = await field.evaluate((element) =>
      // As Safari does: the composition has ended before its Enter.
      element.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }),
      ),
    );
    expect(isLeftAlone).toBe(true);
    expect(await field.inputValue()).toBe('橋の長さは');
    await page.context().close();
  });

  test('asks with what the settings of the conversation say', limits, async () => {
    const { id } = await person.client.conversations.create({ title: 'Settled' });
    const { page, complaints } = await openSignedIn(browser, person);
    await page.getByRole('link', { name: 'Settled' }).click();
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Settings of this conversation' }).click();
    const dialog = page.getByRole('dialog');
    // It comes when the server has said which models there are.
    const model = dialog.getByRole('combobox', { name: /^Model/ });
    await model.waitFor();
    await expect
      .poll(() => model.locator('option').allTextContents())
      .toEqual(['The server’s own (model-a)', 'model-a', 'model-b']);
    await model.selectOption('model-b');
    await dialog.getByLabel('Answer from the documents only').check();
    await dialog.getByLabel('Instructions for the model').fill('Answer in rhymes.');
    await dialog.getByLabel('Searched').selectOption('keyword');
    await dialog.getByLabel('Passages at most').fill('7');
    await dialog.getByLabel('Temperature').fill('0.3');
    await dialog.getByLabel('Longest answer').fill('800');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await person.client.conversations.get(id)).settings).toEqual({
      docs_only: true,
      model: 'model-b',
      prompt: 'Answer in rhymes.',
      strategy: 'keyword',
      top_k: 7,
      temperature: 0.3,
      max_output_tokens: 800,
    });
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
