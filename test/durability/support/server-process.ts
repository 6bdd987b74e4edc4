import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deriveSetupCode } from '../../../src/identity/setup-code.ts';
import { childEnvironment, childFlags } from '../../support/child-environment.ts';
import { rememberSetupCode } from '../../support/person.ts';
import { quick } from '../../support/quick.ts';
import { type DataHome, emptyHome, homeOn, migratedHome } from '../../support/migrated-home.ts';

/** Alcove in a process of its own, as `npm start` runs it, so that it can be killed. */
export interface ServerProcess {
  baseUrl: string;
  pid: number;
  /** Everything that it has printed and logged. */
  output(): string;
  /** Sends the signal and resolves when the process is gone. */
  end(
    signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT',
  ): Promise<{ code: number | null; signal: NodeJS.Signals | null; ms: number }>;
}

/** A data folder and a database that outlive the processes on them. */
export interface Home {
  dataDir: string;
  /** Null for the embedded database. */
  databaseUrl: string | null;
  /** The settings that its servers have in common. */
  env: Record<string, string>;
  /** A process on it that ends by itself or is killed after some milliseconds, whatever it is doing by then. */
  startAndKill(afterMs: number, more?: Record<string, string>): Promise<void>;
  start(env?: Record<string, string>): Promise<ServerProcess>;
  /** Kills whatever still runs there, and removes all of it. */
  close(): Promise<void>;
}

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const startWithinMs = 60_000;

/** A home for the servers of a test file, which closes it in an `afterAll` of its own. A new one holds nothing yet. */
export async function createHome(env: Record<string, string> = {}, { isNew = false } = {}): Promise<Home> {
  const { dataDir, database, remove } = await openHome(env, isNew);
  const running = new Set<ServerProcess>();
  const always: Record<string, string> = {
    DATA_DIR: dataDir,
    PORT: '0',
    OLLAMA: 'off',
    REGISTRATION: 'open',
    LOG_LEVEL: 'warn',
    MESSAGES_PER_MINUTE: '1000000',
    ...quick,
    ...(database === null ? {} : { DATABASE_URL: database.url }),
    ...env,
  };
  return {
    dataDir,
    databaseUrl: database?.url ?? env['DATABASE_URL'] ?? null,
    env: always,
    startAndKill: (afterMs, more = {}) => spawnAndKill({ ...always, ...more }, afterMs),
    async start(more = {}) {
      const server = await startProcess({ ...always, ...more });
      running.add(server);
      return server;
    },
    async close() {
      await Promise.all([...running].map((server) => server.end('SIGKILL')));
      await remove();
    },
  };
}

async function openHome(env: Record<string, string>, isNew: boolean): Promise<DataHome> {
  if (env['DATABASE_URL'] !== undefined) return homeOn(await mkdtemp(join(tmpdir(), 'alcove-home-')), null);
  return isNew ? emptyHome() : migratedHome();
}

function spawnServer(env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [...childFlags, main], {
    env: { ...childEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function spawnAndKill(env: Record<string, string>, afterMs: number): Promise<void> {
  const child = spawnServer(env);
  const exited = once(child, 'exit');
  for (const stream of [child.stdout, child.stderr]) stream?.resume();
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  await exited;
  clearTimeout(timer);
}

async function startProcess(env: Record<string, string>): Promise<ServerProcess> {
  const child = spawnServer(env);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const baseUrl = await announcedUrl(child, () => output);
  rememberSetupCode(baseUrl, () => /\/setup#code=(\w+)/.exec(output)?.[1] ?? codeBySecret(env));
  return {
    baseUrl,
    pid: child.pid ?? 0,
    output: () => output,
    async end(signal) {
      const started = performance.now();
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      const [code, by] = await exited;
      return { code, signal: by, ms: performance.now() - started };
    },
  };
}

/** Where everybody may register the start does not say the code. */
function codeBySecret({ AUTH_SECRET: secret }: Record<string, string>): string | null {
  return secret === undefined ? null : deriveSetupCode(secret);
}

/** The address that the server prints once it listens. */
function announcedUrl(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`the server ${why}:\n${output()}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail('did not start in time');
    }, startWithinMs);
    const look = () => {
      const port = /is at http:\/\/localhost:(\d+)/.exec(output())?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(`http://127.0.0.1:${port}`);
    };
    child.stdout?.on('data', look);
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with code ${code}`);
    });
  });
}
