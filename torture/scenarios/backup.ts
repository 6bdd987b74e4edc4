import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createHome, type Home, type ServerProcess } from '../../test/durability/support/server-process.ts';
import { newPerson, type Person, personOf } from '../../test/support/person.ts';
import type { Random } from '../random.ts';
import type { Figures, Scenario } from '../scenario.ts';
import { mustBe } from '../support/claims.ts';
import { verifyAtRest } from '../support/database-checks.ts';
import { acknowledgedIn, emptyLedger, type Ledger } from '../support/ledger.ts';
import { newConversation } from '../support/people.ts';
import { inRounds } from '../support/rounds.ts';
import { verifyAppended, verifyDocuments } from '../support/verify.ts';
import { append, upload } from '../support/writers.ts';

const run = promisify(execFile);
const cli = resolve(import.meta.dirname, '../../src/cli/main.ts');
const rounds = { smoke: 1, full: 6 };

/** Backups of a server that is written to, some of them killed, restored elsewhere and looked through. */
export const backup: Scenario = {
  name: 'backup',
  checks: ['P17', 'P1'],
  promise: 'A backup that was taken under load restores to everything that was acknowledged before it',
  protocol:
    'alcove backup during appends and uploads, a kill -9 of the backup and of the server in between, then alcove restore on new ground',
  databases: ['pglite', 'postgres'],
  minutes: 6,
  async run(context) {
    const folder = await mkdtemp(join(tmpdir(), 'alcove-torture-backup-'));
    const figures = {
      backups: 0,
      'killed on the way': 0,
      'messages restored': 0,
      'documents restored': 0,
      lost: 0,
    };
    try {
      await inRounds(context, rounds[context.scale], async (draw, round) => {
        const file = join(folder, `${round}.backup`);
        const { killed, messages, documents } = await backUpAndRestore(draw, file);
        figures.backups += 1;
        figures['killed on the way'] += killed;
        figures['messages restored'] += messages;
        figures['documents restored'] += documents;
      });
      return figures satisfies Figures;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function backUpAndRestore(
  random: Random,
  file: string,
): Promise<{ killed: number; messages: number; documents: number }> {
  const [home, elsewhere] = [await createHome(), await createHome({}, { isNew: true })];
  try {
    let server = await home.start();
    const person = await newPerson(server.baseUrl);
    const ledger = emptyLedger();
    for (let at = 0; at < 2; at += 1)
      ledger.appended.push({ id: await newConversation(person), messages: [], unsure: 0 });
    const inbox = await newConversation(person);
    const writing = (who: Person): Promise<unknown> =>
      Promise.all([
        ...ledger.appended.map((one, at) => append(who, one, random.fork(`append ${at}`))),
        upload(who, inbox, ledger, random.fork('upload')),
      ]);
    // First a backup and a server that are killed together: neither may harm the next ones.
    const first = writing(person);
    await pause(random.between(500, 1_500));
    const cut = alcove(home, random.between(50, 1_500), 'backup', `${file}.cut`).catch(() => {});
    await Promise.race([cut, pause(random.between(200, 1_500))]);
    await server.end('SIGKILL');
    await Promise.all([first, cut]);
    server = await home.start();
    const again = personOf(server.baseUrl, person.token, person);
    const second = writing(again);
    await pause(500);
    const before = structuredClone(ledger);
    await alcove(home, 0, 'backup', file);
    await server.end('SIGKILL');
    await second;
    await alcove(elsewhere, 0, 'restore', file);
    return { killed: 1, ...(await verifyRestored(elsewhere, person, before, ledger)) };
  } finally {
    await home.close();
    await elsewhere.close();
  }
}

/** What was acknowledged before the backup began is there; of what came meanwhile, each thing is whole or not there. */
async function verifyRestored(
  home: Home,
  who: Person,
  before: Ledger,
  after: Ledger,
): Promise<{ messages: number; documents: number }> {
  const server: ServerProcess = await home.start();
  const response = await fetch(`${server.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: who.email, password: who.password }),
  });
  mustBe(response.status === 200, `signing in at the restored server is answered with ${response.status}`);
  const { access_token: token } = (await response.json()) as { access_token: string };
  const person = personOf(server.baseUrl, token, who);
  for (const [at, conversation] of before.appended.entries()) {
    const later = (after.appended[at]?.messages.length ?? 0) + (after.appended[at]?.unsure ?? 0);
    await verifyAppended(person, { ...conversation, unsure: later - conversation.messages.length });
  }
  await verifyDocuments(person, before);
  const { code } = await server.end('SIGTERM');
  mustBe(code === 0, `the restored server ended with code ${code}`);
  const { unnamed } = await verifyAtRest(home.env);
  mustBe(unnamed === 0, `${unnamed} originals of the restored server are named by nobody`);
  const { messages, documents } = acknowledgedIn(before);
  return { messages, documents };
}

/** The command as an operator runs it; with a time it is killed then. @throws when it fails */
async function alcove(home: Home, killAfterMs: number, ...args: string[]): Promise<void> {
  const killing = killAfterMs > 0 ? { timeout: killAfterMs, killSignal: 'SIGKILL' as const } : {};
  await run(process.execPath, [cli, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...home.env },
    ...killing,
  });
}
