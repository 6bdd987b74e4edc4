import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { chromiumPath, inBrowser, launchBrowser } from './support/browser.ts';
import { buildWeb } from './support/build-web.ts';
import { openSignedIn } from './support/sign-in.ts';

const count = 240;
/** Drawn at once: a screen, what is around it and the newest. */
const mostDrawn = 60;

describe.skipIf(chromiumPath === undefined)('a long chat', { ...inBrowser, timeout: 180_000 }, () => {
  let app: TestApp;
  let browser: Browser;
  let person: Person;
  let long: string;
  let short: string;
  const ids: string[] = [];

  beforeAll(async () => {
    await buildWeb();
    [app, browser] = await Promise.all([startTestApp(), launchBrowser()]);
    person = await newPerson(app.baseUrl);
    const { conversations, messages, documents } = person.client;
    short = (await conversations.create({ title: 'Short' })).id;
    await messages.add(short, { role: 'user', content: 'The only one.' });
    long = (await conversations.create({ title: 'Long' })).id;
    const text = 'The heron colony at Lake Sorrow held 412 nests in 2025.';
    await documents.wait((await documents.addText(long, { name: 'nests.txt', text })).document.id);
    for (let at = 1; at <= count; at += 1) {
      const role = at % 2 === 1 ? 'user' : 'assistant';
      // Of many heights, none of which is the one that is guessed.
      const content = `Message ${at} of them.\n\n${'It says **something** more. '.repeat(1 + ((at * 7) % 40))}`;
      ids.push((await messages.add(long, { role, content })).id);
    }
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await app?.close();
  });

  const chat = (page: Page) => page.getByTestId('chat');
  const messageAt = (page: Page, at: number) => page.locator(`[data-message="${ids[at - 1]}"]`);
  const open = async (page: Page, title: string) => {
    await page.locator('[data-conversation] a').filter({ hasText: title }).click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
  };
  const toTop = (page: Page) =>
    expect
      .poll(
        async () => {
          await chat(page).evaluate((element) => (element.scrollTop = 0));
          return messageAt(page, 1).isVisible();
        },
        { timeout: 60_000 },
      )
      .toBe(true);
  /** How far below the upper edge of the chat a message begins. */
  const topOf = async (page: Page, at: number) => {
    const [outer, inner] = await Promise.all([chat(page).boundingBox(), messageAt(page, at).boundingBox()]);
    return Math.round((inner?.y ?? Number.NaN) - (outer?.y ?? Number.NaN));
  };
  const drawn = (page: Page) => page.locator('[data-message]').count();

  test('is drawn only near what is seen, from its end to its beginning and back', async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, 'Long');
    await messageAt(page, count).waitFor();
    expect(await drawn(page)).toBeLessThan(mostDrawn);
    await toTop(page);
    await expect.poll(() => drawn(page)).toBeLessThan(mostDrawn);
    // A screen reader hears which of how many it is.
    await expect.poll(() => messageAt(page, 1).getAttribute('aria-posinset')).toBe('1');
    expect(await messageAt(page, 1).getAttribute('aria-setsize')).toBe(String(count));
    await page.getByRole('button', { name: 'To the newest' }).click();
    await expect.poll(() => isInView(page, count)).toBe(true);
    await expect.poll(() => drawn(page)).toBeLessThan(mostDrawn);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('does not move what is read when what is above it is drawn', async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, 'Long');
    await messageAt(page, count).waitFor();
    await toTop(page);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${long}#message-${ids[119]}`);
    await expect.poll(() => isInView(page, 120)).toBe(true);
    await chat(page).hover();
    for (let turn = 0; turn < 20; turn += 1) {
      const [before, jumps] = await page.evaluate(() => {
        const scroller = document.querySelector('[data-testid=chat]') as HTMLElement;
        const top = scroller.getBoundingClientRect().top;
        const seen = [...scroller.querySelectorAll<HTMLElement>('[data-message]')].find(
          (one) => one.getBoundingClientRect().bottom > top,
        );
        return [{ id: seen?.dataset.message, y: seen?.getBoundingClientRect().top ?? 0 }, scroller.scrollTop];
      });
      expect(jumps).toBeGreaterThan(0);
      await chat(page).evaluate((element) => element.scrollBy(0, -200));
      // Long enough for blocks above to be drawn, and for what they moved to be moved back.
      await page.evaluate(
        () =>
          new Promise((done) =>
            requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))),
          ),
      );
      const after = await page
        .locator(`[data-message="${before.id}"]`)
        .evaluate((element) => element.getBoundingClientRect().top);
      expect(Math.abs(after - before.y - 200)).toBeLessThan(2);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('is found by the search of the browser where it is not drawn', async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, 'Long');
    await messageAt(page, count).waitFor();
    const far = page.locator('[data-turns=far] [hidden=until-found]').first();
    await far.waitFor({ state: 'attached' });
    const words = (await far.textContent())?.match(/Message \d+ of them\./)?.[0] ?? '';
    // What the browser does when a search comes to it.
    await far.evaluate((element) => element.dispatchEvent(new Event('beforematch', { bubbles: true })));
    await page.locator('[data-message]').getByText(words).first().waitFor();
    const at = Number(/\d+/.exec(words)?.[0]);
    await expect.poll(() => isInView(page, at)).toBe(true);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('does not touch earlier turns while an answer comes', async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, 'Long');
    await messageAt(page, count).waitFor();
    await page.evaluate(
      (kept) => {
        const touched: string[] = [];
        const article = document.querySelector(`[data-message="${kept}"]`) as HTMLElement;
        new MutationObserver((records) => touched.push(...records.map(({ type }) => type))).observe(
          article.querySelector('.prose') ?? article,
          { subtree: true, childList: true, characterData: true, attributes: true },
        );
        Object.assign(globalThis, { touched, article });
      },
      ids[count - 1],
    );
    await page.getByLabel('Your question').fill('How many nests did the colony hold in 2025?');
    await page.keyboard.press('Enter');
    await page.locator('article[data-status=complete] .pill').first().waitFor();
    const seen = await page.evaluate(() => {
      const { touched, article } = globalThis as unknown as { touched: string[]; article: HTMLElement };
      return { touched, isThere: article.isConnected };
    });
    expect(seen).toEqual({ touched: [], isThere: true });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('is where its reader left it, by a link, by the way back and at another width', async () => {
    const { page, complaints } = await openSignedIn(browser, person);
    await open(page, 'Long');
    await messageAt(page, count).waitFor();
    await toTop(page);
    // Far from the page of the newest.
    await chat(page).evaluate((element) => element.scrollBy(0, 900));
    const at = await firstInView(page);
    const before = await topOf(page, at);
    await open(page, 'Short');
    await page.getByText('The only one.').waitFor();
    await open(page, 'Long');
    await expect.poll(() => topOf(page, at)).toBe(before);
    await page.goBack();
    await page.getByText('The only one.').waitFor();
    await page.goForward();
    await expect.poll(() => topOf(page, at)).toBe(before);
    await page.getByRole('button', { name: 'Hide documents and sources' }).first().click();
    await expect.poll(() => topOf(page, at)).toBe(before);
    // From a link to a message one has read on.
    await page.locator('main').evaluate((main, href) => {
      main.append(Object.assign(document.createElement('a'), { href }));
      (main.lastElementChild as HTMLElement).click();
    }, `/dashboard/chatbot/${long}#message-${ids[99]}`);
    await expect.poll(() => isInView(page, 100)).toBe(true);
    await chat(page).evaluate((element) => element.scrollBy(0, -1200));
    await expect.poll(() => isInView(page, 100)).toBe(false);
    const other = await firstInView(page);
    const there = await topOf(page, other);
    await open(page, 'Short');
    await page.goBack();
    await expect.poll(() => topOf(page, other)).toBe(there);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('is where its reader left it when the sheet of a phone is closed', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    const { page, complaints } = await openSignedIn(browser, person, phone);
    await page.goto(`${app.baseUrl}/dashboard/chatbot/${long}`);
    await messageAt(page, count).waitFor();
    await chat(page).evaluate((element) => element.scrollBy(0, -2_000));
    await page.evaluate(() => new Promise((done) => setTimeout(done)));
    const at = await firstInView(page);
    const before = await topOf(page, at);
    await page.getByLabel('Documents (1)').tap();
    await page.locator('[data-pane]').waitFor();
    await page.getByRole('button', { name: 'Hide documents and sources' }).tap();
    await page.locator('[data-pane]').waitFor({ state: 'detached' });
    expect(await topOf(page, at)).toBe(before);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  async function isInView(page: Page, at: number): Promise<boolean> {
    const [outer, inner] = await Promise.all([
      chat(page).boundingBox(),
      messageAt(page, at)
        .boundingBox()
        .catch(() => null),
    ]);
    return (
      outer !== null && inner !== null && inner.y + inner.height > outer.y && inner.y < outer.y + outer.height
    );
  }

  async function firstInView(page: Page): Promise<number> {
    const top = (await chat(page).boundingBox())?.y ?? 0;
    const id = await page
      .locator('[data-message]')
      .evaluateAll(
        (articles, edge) =>
          (articles as HTMLElement[]).find((one) => one.getBoundingClientRect().bottom > edge)?.dataset
            .message,
        top,
      );
    return ids.indexOf(id ?? '') + 1;
  }
});
