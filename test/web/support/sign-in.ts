import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { Person } from '../../support/app.ts';
import { openWatchedPage, type WatchedPage } from './browser.ts';

/** A page where this person has signed in, before a new conversation. */
export async function openSignedIn(
  browser: Browser,
  { baseUrl, email, password }: Person,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const watched = await openWatchedPage(browser, new URL(baseUrl).origin, options);
  const { page } = watched;
  page.setDefaultTimeout(30_000);
  await page.goto(`${baseUrl}/login`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Your question').waitFor();
  return watched;
}
