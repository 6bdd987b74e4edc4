import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findBrowser } from '../../../scripts/find-browser.ts';

/** Path of a Chromium, or undefined where there is none. */
export const chromiumPath = findBrowser();

/**
 * Options of tests that drive a browser: in CI a failed one is tried once more, as Playwright's own runner does there, and
 * named at the end of the run. Everything else has to hold at once.
 */
export const inBrowser = { retry: process.env['CI'] ? 1 : 0 };

export function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

export interface WatchedPage {
  page: Page;
  /** What a page of ours must never do: log an error, open a dialog, ask another origin, break its policy. */
  complaints: string[];
}

/** A page in a browser profile of its own, with everything it should not do written down. */
export async function openWatchedPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en',
    // Without graphics hardware each frame of an animation is painted by the processor.
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'blob:' && url.protocol !== 'data:') {
      complaints.push(`foreign request: ${request.url()}`);
    }
  });
  await context.exposeFunction('complain', (what: string) => complaints.push(what));
  await context.addInitScript(reportPolicyViolations);
  return { page, complaints };
}

/** Runs in the page. */
function reportPolicyViolations(): void {
  document.addEventListener('securitypolicyviolation', (event) => {
    const { complain } = globalThis as unknown as { complain: (what: string) => void };
    complain(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
  });
}

/** Drops files on the page as a person would. */
export async function dropFiles(
  page: Page,
  files: { name: string; type: string; bytes: Buffer }[],
): Promise<void> {
  const transfer = await page.evaluateHandle(
    (list) => {
      const data = new DataTransfer();
      for (const file of list) {
        const bytes = Uint8Array.from(atob(file.base64), (character) => character.charCodeAt(0));
        data.items.add(new File([bytes], file.name, { type: file.type }));
      }
      return data;
    },
    files.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString('base64') })),
  );
  await page.dispatchEvent('main', 'dragenter', { dataTransfer: transfer });
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}
