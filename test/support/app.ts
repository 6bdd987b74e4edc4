import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@alcove/client';
import { pino } from 'pino';
import { afterAll, expect } from 'vitest';
import { type RunningApp, startApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { createTestDatabase } from './postgres.ts';

export interface TestApp {
  baseUrl: string;
  app: RunningApp;
  config: Config;
  /** The settings that this server was started with. */
  env: Record<string, string>;
  dataDir: string;
  /** Every log line so far, as JSON. */
  logs: string[];
  /** Stops the server and keeps its data for another one that is `like` it. */
  stop(): Promise<void>;
  /** Stops the server and removes its data, unless it was `like` another. */
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** More settings, by the names of the environment. */
  env?: Record<string, string>;
  /** Reuse a database and data folder, for restarts and replicas. */
  like?: Pick<TestApp, 'env' | 'dataDir'>;
  /** Errors that the test provokes may be logged. */
  allowErrors?: boolean;
}

/** The database kind that this run of the suite is for. */
export const databaseKind = process.env['ALCOVE_TEST_DB'] === 'postgres' ? 'postgres' : 'pglite';

/** A whole server on a free port, on the database of this run. Fails the test file when an error was logged. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const dataDir = options.like?.dataDir ?? (await mkdtemp(join(tmpdir(), 'alcove-test-')));
  const logs: string[] = [];
  const database = options.like === undefined ? await openDatabase() : null;
  const env = {
    DATA_DIR: dataDir,
    PORT: '0',
    OLLAMA: 'off',
    LOG_LEVEL: 'debug',
    MESSAGES_PER_MINUTE: '100000',
    STREAMS_PER_USER: '100',
    REGISTRATION: 'open',
    ...(database === null ? {} : { DATABASE_URL: database.url }),
    ...options.like?.env,
    ...options.env,
  };
  const config = readConfig(env);
  const log = pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) });
  const app = await startApp(config, log);
  await app.http.listen({ host: '127.0.0.1', port: 0 });
  const address = app.http.server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the test server has no port');
  const baseUrl = `http://127.0.0.1:${address.port}`;
  let stopped: Promise<void> | undefined;
  let closed = false;
  const stop = (): Promise<void> => (stopped ??= app.close());
  return {
    baseUrl,
    app,
    config,
    env,
    dataDir,
    logs,
    stop,
    async close() {
      if (closed) return;
      closed = true;
      await stop();
      await database?.drop();
      if (options.like === undefined) await rm(dataDir, { recursive: true, force: true });
      if (options.allowErrors !== true) expect(errorsIn(logs)).toEqual([]);
    },
  };
}

/** One server for a test file, closed at its end. */
export function sharedApp(options: TestAppOptions = {}): () => Promise<TestApp> {
  let started: Promise<TestApp> | undefined;
  afterAll(async () => (await started)?.close());
  return () => (started ??= startTestApp(options));
}

async function openDatabase(): Promise<{ url: string; drop(): Promise<void> } | null> {
  if (databaseKind === 'pglite') return null;
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) throw new Error('ALCOVE_TEST_DB=postgres needs TEST_DATABASE_URL');
  return createTestDatabase(url);
}

/** Unexpected errors, at level `error` and above. */
function errorsIn(logs: readonly string[]): unknown[] {
  return logs.map((line) => JSON.parse(line) as { level: number }).filter((entry) => entry.level >= 50);
}

export interface Person {
  email: string;
  password: string;
  token: string;
  id: string;
  client: Client;
  /** A raw request with this person's token. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  // The caller says what it expects.
  json<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }>;
}

let people = 0;

/** A new account of its own. */
export async function newPerson(baseUrl: string): Promise<Person> {
  people += 1;
  const email = `person-${process.pid}-${people}-${Math.random().toString(36).slice(2)}@example.org`;
  const password = 'correct horse battery staple';
  const response = await fetch(`${baseUrl}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  if (response.status !== 201) throw new Error(`registration failed: ${await response.text()}`);
  const session = (await response.json()) as { access_token: string; user: { id: string } };
  return personOf(baseUrl, session.access_token, { email, password, id: session.user.id });
}

export function personOf(
  baseUrl: string,
  token: string,
  who: { email: string; password: string; id: string },
): Person {
  const raw = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    return fetch(`${baseUrl}${path}`, { ...init, headers });
  };
  return {
    ...who,
    token,
    client: createClient({ baseUrl, token: () => token }),
    fetch: raw,
    async json<T>(method: string, path: string, body?: unknown) {
      const response = await raw(path, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as T };
    },
  };
}
