import { createClient, type Client } from '@alcove/client';
import { type Browser, chromium, type CDPSession, type Page } from 'playwright-core';
import { findBrowser } from '../scripts/find-browser.ts';
import { buildWeb } from '../test/web/support/build-web.ts';
import { median } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { round, type Table } from './report.ts';
import { startEmbedded } from './server/embedded.ts';
import { startMarkdownModel } from './server/markdown-model.ts';

const parallel = 8;
const password = 'a long enough password';
/** As many conversations as make the list scroll. */
const shortOnes = { conversations: 60, messages: 10 };
const target = 2;
const wheelTurns = 10;
const wheelPx = 120;
const answerBytes = 100_000;
const longestTaskMs = 100;

/** What interactions cost the browser of somebody with a long list and a long chat, beside one with short ones. */
export async function* web(options: BenchOptions): AsyncGenerator<Table> {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error('no Chromium was found: apt-get install chromium');
  await buildWeb();
  const longOnes = {
    conversations: options.number('conversations', options.quick ? 500 : 5_000),
    messages: options.number('messages', options.quick ? 100 : 500),
  };
  const running = await startEmbedded(options.databaseUrl, { MESSAGES_PER_MINUTE: '1000000' });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const short = await openPerson(browser, running.baseUrl, shortOnes);
    const long = await openPerson(browser, running.baseUrl, longOnes);
    yield await compare(short, long, longOnes, options.number('rounds', options.quick ? 3 : 9));
    await Promise.all([short, long].map(({ page }) => page.context().close()));
    yield await watchAnswer(browser, options);
  } finally {
    await browser.close();
    await running.close();
  }
}

interface Opened {
  page: Page;
  session: CDPSession;
  conversationId: string;
}

async function compare(
  short: Opened,
  long: Opened,
  { conversations, messages }: typeof shortOnes,
  rounds: number,
): Promise<Table> {
  const samples = new Map<string, { short: number[]; long: number[] }>();
  for (let at = 0; at < rounds; at += 1) {
    for (const [kind, opened] of [['short', short] as const, ['long', long] as const]) {
      for (const [name, value] of Object.entries(await useOnce(opened))) {
        const known = samples.get(name) ?? { short: [], long: [] };
        known[kind].push(value);
        samples.set(name, known);
      }
    }
  }
  return {
    title: `the web app with ${conversations.toLocaleString('en-US')} conversations and a chat of ${messages} messages`,
    rows: [...samples].map(([what, values]) => ({
      what,
      short: round(median(values.short)),
      long: round(median(values.long)),
      'long of short': round(median(values.long) / median(values.short)),
    })),
    notes: [
      `Medians of ${rounds} turns; short is ${shortOnes.conversations} conversations and ${shortOnes.messages} messages. Target: at most ${target} times.`,
      'Processor time is that of the page’s main thread, as Chromium counts it.',
    ],
  };
}

/** A long answer while it comes: what holds up the page of its reader. */
async function watchAnswer(browser: Browser, options: BenchOptions): Promise<Table> {
  const bytes = options.number('bytes', options.quick ? 20_000 : answerBytes);
  const model = await startMarkdownModel(bytes);
  const running = await startEmbedded(options.databaseUrl, {
    LLM_BASE_URL: model.url,
    LLM_MODEL: 'bench-chat',
    TITLES: 'question',
    SUMMARIES: 'off',
  });
  try {
    const { page, session } = await openPerson(browser, running.baseUrl, { conversations: 1, messages: 1 });
    await page.getByRole('link', { name: 'New conversation' }).click();
    await page.getByRole('heading', { level: 1, name: 'New conversation' }).waitFor();
    await page.evaluate(() => {
      const tasks: number[] = [];
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) tasks.push(duration);
      }).observe({ type: 'longtask' });
      Object.assign(globalThis, { longTasks: tasks });
    });
    const busy = await costOf(session, async () => {
      await page.getByLabel('Your question').fill('Tell me everything about the herons.');
      await page.keyboard.press('Enter');
      await page.getByText('The last of it.').waitFor({ timeout: 120_000 });
      // Until what is drawn last, colours and formulas, is there.
      await page.waitForTimeout(2_000);
    });
    const tasks = await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks);
    await page.context().close();
    return {
      title: `an answer of ${bytes.toLocaleString('en-US')} characters of Markdown as it streams`,
      rows: [
        { what: 'longest task of the page, ms', value: round(Math.max(0, ...tasks)), of: longestTaskMs },
        { what: 'tasks over 50 ms', value: tasks.length, of: null },
        { what: 'processor time of the page, ms', value: round(busy), of: null },
      ],
      notes: ['Column "of" is the target where there is one. Server, model and browser share the machine.'],
    };
  } finally {
    await running.close();
    model.close();
  }
}

/** One turn of a reader: opens the chat, reads the whole of it, and with all of it there types and scrolls. */
async function useOnce({ page, session, conversationId }: Opened): Promise<Record<string, number>> {
  await page.getByRole('link', { name: 'New conversation' }).click();
  await page.getByRole('heading', { level: 1, name: 'New conversation' }).waitFor();
  const opening = await costOf(session, async () => {
    await page.locator(`[data-conversation="${conversationId}"] a`).click();
    await page.getByText('The last of them.').waitFor();
  });
  const toBeginning = await readToBeginning(page);
  const nodesAtBeginning = await countElements(page);
  const reading = await costOf(session, async () => {
    for (let at = 0; at < wheelTurns; at += 1) await turnWheel(page, wheelPx);
    for (let at = 0; at < wheelTurns; at += 1) await turnWheel(page, -wheelPx);
  });
  await page.getByTestId('chat').evaluate((chat) => (chat.scrollTop = chat.scrollHeight));
  await page.getByText('The last of them.').waitFor();
  const typing = await costOf(session, async () => {
    await page.getByLabel('Your question').pressSequentially('How many nests did the colony hold?');
  });
  await page.getByLabel('Your question').fill('');
  const scrolling = await costOf(session, async () => {
    await page.locator('[data-conversation]').first().hover();
    for (let at = 0; at < 10; at += 1) await page.mouse.wheel(0, 120);
    await page.mouse.wheel(0, -10_000);
  });
  return {
    'open the chat (ms)': opening,
    'messages read from its end to its beginning': toBeginning,
    'turn the wheel 20 times there (ms)': reading,
    'type 35 characters at its end (ms)': typing,
    'scroll the list (ms)': scrolling,
    'elements of the page at its beginning': nodesAtBeginning,
    'elements of the page at its end': await countElements(page),
  };
}

/** Scrolls up until nothing comes before what is there. @returns how many messages the page then has */
async function readToBeginning(page: Page): Promise<number> {
  const chat = page.getByTestId('chat');
  const first = page.locator('[data-message][aria-posinset="1"]');
  do {
    await chat.evaluate((element) => {
      element.scrollTop = 0;
      return new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    });
  } while (!(await first.isVisible()));
  return Number(await first.getAttribute('aria-setsize'));
}

/** One step of the wheel, and the frame that it leads to. */
async function turnWheel(page: Page, px: number): Promise<void> {
  await page.getByTestId('chat').evaluate((element, by) => {
    element.scrollBy(0, by);
    return new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  }, px);
}

function countElements(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelectorAll('*').length);
}

/** Milliseconds that the main thread was busy. */
async function costOf(session: CDPSession, work: () => Promise<void>): Promise<number> {
  const before = await busySeconds(session);
  await work();
  return ((await busySeconds(session)) - before) * 1_000;
}

async function busySeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
}

async function openPerson(browser: Browser, baseUrl: string, sizes: typeof shortOnes): Promise<Opened> {
  const email = `${sizes.conversations}-${sizes.messages}@example.org`;
  const { access_token: token } = await createClient({ baseUrl }).accounts.register({ email, password });
  const conversationId = await fill(createClient({ baseUrl, token: () => token }), sizes);
  const page = await (
    await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en' })
  ).newPage();
  await page.goto(`${baseUrl}/login`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Your question').waitFor();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  // What is fetched at the first use is fetched before it counts.
  await useOnce({ page, session, conversationId });
  return { page, session, conversationId };
}

/** @returns the conversation with the messages, which is the newest */
async function fill(alcove: Client, { conversations, messages }: typeof shortOnes): Promise<string> {
  let left = conversations - 1;
  const create = async () => {
    while (left > 0) {
      left -= 1;
      await alcove.conversations.create({ title: `Conversation ${left}` });
    }
  };
  await Promise.all(Array.from({ length: parallel }, create));
  const { id } = await alcove.conversations.create({ title: 'The chat' });
  for (let at = 1; at <= messages; at += 1) {
    const content =
      at === messages ? 'The last of them.' : `Message ${at} says **something** in two lines.\n\nAnd this.`;
    await alcove.messages.add(id, { role: at % 2 === 1 ? 'user' : 'assistant', content });
  }
  return id;
}
