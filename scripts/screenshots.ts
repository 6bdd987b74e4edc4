/** `npm run screenshots`: pictures of the web app with the example documents, into docs/screenshots. Needs Chromium. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from '@alcove/client';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBrowser } from './find-browser.ts';

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'docs/screenshots');
const account = { email: 'ada@example.org', password: 'a long enough password', name: 'Ada' };
const documents = ['aurora-annual-report-2025.pdf', 'aurora-crew-handbook.docx', 'aurora-tolvik-notes.md'];
const questions = [
  'How many vessels did Aurora operate at the end of 2025?',
  'What is the largest risk for 2026?',
];

const sizes = [
  { name: 'desktop', width: 1440, height: 900 },
  { name: 'tablet', width: 1024, height: 768 },
  { name: 'phone', width: 390, height: 844 },
] as const;
const themes = ['light', 'dark'] as const;
/** `npm run screenshots chat settings` takes these only. */
const wanted = process.argv.slice(2);

const scenes: Record<string, (page: Page, conversation: string) => Promise<void>> = {
  async chat(page, conversation) {
    await page.goto(`${origin}/dashboard/chatbot/${conversation}`);
    await page.locator('article[data-status=complete]').last().waitFor();
    await page.locator('button.pill').last().click();
    await page.locator('.pdf-mark, [data-testid=original] mark').first().waitFor();
  },
  async answer(page, conversation) {
    await page.goto(`${origin}/dashboard/chatbot/${conversation}`);
    await page.locator('article[data-status=complete]').last().waitFor();
  },
  async empty(page) {
    await page.goto(`${origin}/dashboard/chatbot`);
    await page.getByLabel('Your question').waitFor();
  },
  async documents(page) {
    await page.goto(`${origin}/dashboard/documents`);
    await page.getByText('aurora-annual-report-2025.pdf').first().waitFor();
  },
  async search(page) {
    await page.goto(`${origin}/dashboard/search?q=vessels`);
    await page.getByText('Aurora in 2025').first().waitFor();
  },
  async stats(page) {
    await page.goto(`${origin}/dashboard/stats`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  },
  async settings(page) {
    await page.goto(`${origin}/dashboard/settings`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  },
  async admin(page) {
    await page.goto(`${origin}/dashboard/admin`);
    await page.getByRole('heading', { level: 1 }).waitFor();
  },
};

const executablePath = findBrowser();
if (executablePath === undefined) throw new Error('no Chromium was found: apt-get install chromium');
const dataDir = mkdtempSync(join(tmpdir(), 'alcove-screenshots-'));
const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const server = spawn(process.execPath, [join(root, 'bin/alcove.mjs'), 'serve'], {
  env: { PATH: process.env['PATH'], DATA_DIR: dataDir, PORT: String(port), OLLAMA: 'off', LOG_LEVEL: 'warn' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
try {
  await untilReady();
  mkdirSync(out, { recursive: true });
  const conversation = await fill();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  for (const size of sizes)
    for (const colorScheme of themes) await takeAll(browser, conversation, size, colorScheme);
  await browser.close();
  console.log('Wrote docs/screenshots.');
} finally {
  server.kill();
  await new Promise((ended) => server.once('exit', ended));
  rmSync(dataDir, { recursive: true, force: true });
}

/** Signs in once at this size and in these colours, and goes through the pages. */
async function takeAll(
  browser: Browser,
  conversation: string,
  { name, ...viewport }: (typeof sizes)[number],
  colorScheme: (typeof themes)[number],
): Promise<void> {
  const page = await browser.newPage({ viewport, colorScheme, hasTouch: name === 'phone', locale: 'en' });
  await page.goto(`${origin}/`);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password').fill(account.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Your question').waitFor();
  for (const [shown, show] of Object.entries(scenes)) {
    if (wanted.length > 0 && !wanted.includes(shown)) continue;
    await show(page, conversation);
    await pause(1_000);
    await page.screenshot({ path: join(out, `${shown}-${name}-${colorScheme}.png`) });
  }
  await page.close();
}

/** @returns the conversation to show */
async function fill(): Promise<string> {
  const session = await createClient({ baseUrl: origin }).accounts.register(account);
  const alcove = createClient({ baseUrl: origin, token: () => session.access_token });
  const { id } = await alcove.conversations.create({ title: 'Aurora in 2025' });
  const { openAsBlob } = await import('node:fs');
  for (const name of documents) {
    const form = new FormData();
    form.append('file', await openAsBlob(join(root, 'examples', name)), name);
    const response = await fetch(`${origin}/conversations/${id}/documents?wait=ready`, {
      method: 'POST',
      headers: { authorization: `Bearer ${session.access_token}` },
      body: form,
    });
    if (!response.ok) throw new Error(await response.text());
  }
  for (const query of questions) {
    const response = await fetch(`${origin}/rag/conversation/${id}/query`, {
      method: 'POST',
      headers: { authorization: `Bearer ${session.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    if (!response.ok) throw new Error(await response.text());
  }
  return id;
}

async function untilReady(): Promise<void> {
  for (let tries = 0; tries < 120; tries += 1) {
    const response = await fetch(`${origin}/readyz`).catch(() => null);
    if (response?.ok) return;
    await pause(500);
  }
  throw new Error('the server did not start');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => probe.once('listening', listening));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return free;
}
