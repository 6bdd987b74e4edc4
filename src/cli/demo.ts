import { openAsBlob } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@alcove/client';
import { pino } from 'pino';
import { startApp } from '../app.ts';
import { readConfig } from '../config.ts';
import { makeTemporaryFolder } from '../db/temporary-folder.ts';
import { printAnswer } from './print-answer.ts';
import { describeDocument, showProgress } from './progress.ts';

const report = 'aurora-annual-report-2025.pdf';
/** The second only makes sense after the first. */
const questions = [
  'How many vessels did Aurora operate at the end of 2025?',
  'How many of them run on batteries alone?',
  'What is the largest risk for 2026?',
];

/** The main job on real input with nothing configured, in a data folder that is thrown away. */
export async function demo(): Promise<number> {
  const dataDir = await makeTemporaryFolder('demo');
  say('Starting Alcove with an embedded database ...');
  const config = {
    ...readConfig(),
    dataDir,
    blobs: { kind: 'disk' as const },
    database: { kind: 'pglite' as const, dataDir: join(dataDir, 'database') },
  };
  const app = await startApp(config, pino({ level: 'error' }));
  try {
    await app.http.listen({ host: '127.0.0.1', port: 0 });
    const address = app.http.server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
    const passed = await run(`http://127.0.0.1:${address.port}`);
    if (passed) sayNextSteps(app.notices);
    return passed ? 0 : 1;
  } finally {
    await app.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function run(baseUrl: string): Promise<boolean> {
  let token: string | null = null;
  const client = createClient({ baseUrl, token: () => token });
  const account = { email: 'demo@example.org', password: crypto.randomUUID() };
  token = (await client.accounts.register(account)).access_token;

  say('\nA new conversation gets a document:');
  const conversation = await client.conversations.create({ title: 'Annual report' });
  const path = fileURLToPath(new URL(`../../examples/${report}`, import.meta.url));
  const { document } = await client.documents.upload(conversation.id, {
    name: report,
    blob: await openAsBlob(path),
  });
  const read = await showProgress(client, document.id);
  say(describeDocument(read));
  if (read.status !== 'ready') return false;
  for (const question of questions) {
    if (!(await askAloud(client, conversation.id, question))) return false;
  }

  say('\nAnother conversation of the same person sees nothing of it:');
  const other = await client.conversations.create({ title: 'Another one' });
  const { results } = await client.retrieve(other.id, { query: questions[0] ?? '' });
  if (!(await askAloud(client, other.id, questions[0] ?? ''))) return false;
  say(`  (${results.length} passages found there)`);
  return results.length === 0;
}

async function askAloud(client: Client, conversationId: string, question: string): Promise<boolean> {
  say(`\n> ${question}`);
  const { answered } = await printAnswer(client.asking.stream(conversationId, { query: question }));
  return answered;
}

function sayNextSteps(notices: readonly string[]): void {
  say('\nNext:');
  say('  npm start          and open http://localhost:8000');
  for (const notice of notices) say(`  ${notice}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
