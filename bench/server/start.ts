import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestDatabase } from '../../test/support/postgres.ts';
import type { Limits } from '../../src/limits/limits.ts';
import type { Ask, Tell, Usage } from './child.ts';

export interface BenchServer {
  baseUrl: string;
  pid: number;
  /** From nothing to listening, its new database included. */
  startMs: number;
  /** Of its own database; null with PGlite, which only the server itself may open. */
  databaseUrl: string | null;
  dataDir: string;
  /** Resident set of the process, as the system counts it. */
  usage(reset?: boolean): Promise<Usage>;
  setEmbeddings(vectors: Map<string, Float32Array>): Promise<void>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Any database of a PostgreSQL server; null: PGlite. */
  serverUrl: string | null;
  /** A server whose database and folder are shared, and stay; else new ones. */
  beside?: BenchServer;
  /** Settings by the names of the environment. */
  env?: Record<string, string>;
  /** Limits that no setting names. */
  limits?: Partial<Limits>;
  profileFolder?: string | null;
}

/** A server in a process of its own, on a new database that goes with it. */
export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const dataDir = options.beside?.dataDir ?? (await mkdtemp(join(tmpdir(), 'alcove-bench-')));
  const database = await databaseFor(options);
  const begun = performance.now();
  const child = fork(
    fileURLToPath(new URL('./child.ts', import.meta.url)),
    [JSON.stringify(options.limits ?? {})],
    {
      serialization: 'advanced',
      execArgv: [...startFlags(), ...profileFlags(options.profileFolder)],
      env: { ...environmentOf(dataDir, database?.url), ...options.env },
    },
  );
  const cleanUp = async (): Promise<void> => {
    await database?.drop();
    if (options.beside === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const { port } = await hear(child, 'listening');
    const startMs = performance.now() - begun;
    return {
      baseUrl: `http://127.0.0.1:${port}`,
      pid: child.pid ?? 0,
      startMs,
      databaseUrl: database?.url ?? null,
      dataDir,
      usage: async (reset = false) => (await ask(child, { type: 'usage', reset }, 'usage')).usage,
      setEmbeddings: async (vectors) => void (await ask(child, { type: 'embeddings', vectors }, 'done')),
      async stop() {
        const exited = once(child, 'exit');
        child.send({ type: 'stop' } satisfies Ask);
        await exited;
        await cleanUp();
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await cleanUp();
    throw error;
  }
}

async function databaseFor({ serverUrl, beside }: ServerOptions) {
  if (beside?.databaseUrl) return { url: beside.databaseUrl, drop: async () => {} };
  return serverUrl === null ? null : createTestDatabase(serverUrl);
}

/** What `npm start` gives to Node: the server under test runs as one that users start. */
function startFlags(): string[] {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(manifest) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

function profileFlags(folder: string | null | undefined): string[] {
  return folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
}

/** Nothing of the caller's own settings reaches the server under test. */
export function environmentOf(dataDir: string, databaseUrl: string | undefined): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    DATA_DIR: dataDir,
    PORT: '0',
    OLLAMA: 'off',
    LOG_LEVEL: 'error',
    REGISTRATION: 'open',
    MESSAGES_PER_MINUTE: '100000000',
    STREAMS_PER_USER: '100000',
    MAX_DOCUMENTS_PER_USER: '1000000',
    MAX_BYTES_PER_USER_MB: '1000000',
    RETRIEVAL_CACHE_MB: '0',
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
}

async function ask<T extends Tell['type']>(
  child: ChildProcess,
  message: Ask,
  answer: T,
): Promise<Extract<Tell, { type: T }>> {
  const heard = hear(child, answer);
  child.send(message);
  return heard;
}

function hear<T extends Tell['type']>(child: ChildProcess, type: T): Promise<Extract<Tell, { type: T }>> {
  return new Promise((resolve, reject) => {
    const listen = (message: Tell): void => {
      if (message.type !== type) return;
      child.off('message', listen);
      child.off('exit', fail);
      resolve(message as Extract<Tell, { type: T }>);
    };
    const fail = (code: number | null): void => reject(new Error(`the server ended with code ${code}`));
    child.on('message', listen);
    child.once('exit', fail);
  });
}
