import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { databaseKind, startTestApp } from '../support/app.ts';
import { rawRequest } from '../http/raw-request.ts';
import { testServerUrl } from '../support/database-kind.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { childEnvironment, childFlags } from '../support/child-environment.ts';
import { sampled } from '../support/full-run.ts';

// Settings as a start meets them.

const main = resolve(import.meta.dirname, '../../src/main.ts');
const account = { email: 'first@example.org', password: 'a long passphrase' };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alcove-settings-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function start(env: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  // It looks for a file of settings itself.
  const { ALCOVE_ENV_FILE: _, ...clean } = childEnvironment();
  const child = spawn(process.execPath, [...childFlags, main], {
    cwd: folder,
    env: { ...clean, DATA_DIR: folder, OLLAMA: 'off', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += String(text)));
  const [code] = await once(child, 'close');
  return { code, stderr };
}

describe('a start', () => {
  test('reads .env in its folder, and the environment goes before it', async () => {
    await writeFile(join(folder, '.env'), 'PORT=many\nTRUST_PROXY=yes # not a number\n');
    const ended = await start({ TRUST_PROXY: '1' });
    expect(ended.stderr.trimEnd()).toBe('PORT: must be a whole number from 0 to 65535');
    expect(ended.code).toBe(1);
  });

  test('is refused when the file that is named is not there', async () => {
    const ended = await start({ ALCOVE_ENV_FILE: 'nowhere.env' });
    expect(ended.stderr).toMatch(/^the settings in .*nowhere\.env cannot be read/);
    expect(ended.code).toBe(1);
  });

  test('with a wrong value opens nothing and ends with one sentence', async () => {
    const ended = await start({ TRUST_PROXY: 'yes' });
    expect(ended.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(ended.code).toBe(1);
    expect(existsSync(join(folder, 'database'))).toBe(false);
  });

  test('that fails late closes what it has opened', async () => {
    const database = databaseKind === 'pglite' ? null : await createTestDatabase(testServerUrl());
    const env = { DATA_DIR: folder, OLLAMA: 'off', ...(database ? { DATABASE_URL: database.url } : {}) };
    const late = { ...readConfig(env), trustProxy: 'yes' };
    const logs: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void logs.push(line) });
    await expect(startApp(late, log)).rejects.toThrow(/invalid IP address/);
    expect(existsSync(join(folder, 'database/alcove.lock'))).toBe(false);
    expect(logs.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)).toEqual([]);
    if (database !== null) {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      expect((await client.query('SELECT * FROM replicas')).rows).toEqual([]);
      await client.end();
    }
    const again = await startApp({ ...late, trustProxy: undefined }, log);
    await again.close();
    await database?.drop();
  });

  test.skipIf(databaseKind !== 'pglite')(
    'at an address that is not of this machine is one sentence',
    async () => {
      const ended = await start({ HOST: '192.0.2.1', LOG_LEVEL: 'silent' });
      expect(ended.stderr.trimEnd()).toMatch(/^HOST is no address of this machine.*$/);
      expect(ended.code).toBe(1);
    },
  );
});

describe('a server that others can reach', () => {
  const reaching = [
    ['PUBLIC_URL', 'http://localhost'],
    ['ALLOWED_HOSTS', 'alcove.example.org'],
    ['TRUST_PROXY', '1'],
  ] as const;

  // One of them; all in a full run.
  test.for(sampled(reaching, 3))(
    'closes registration after the first account: %s=%s',
    async ([name, value]) => {
      const app = await startTestApp({ env: { REGISTRATION: '', [name]: value } });
      try {
        const register = (body: object) =>
          fetch(`${app.baseUrl}/auth/register`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          });
        expect((await register({ ...account, setup_code: app.app.setupCode })).status).toBe(201);
        const second = await register({ ...account, email: 'second@example.org' });
        expect(second.status).toBe(403);
        expect(await second.text()).toContain('registration_closed');
      } finally {
        await app.close();
      }
    },
  );

  test('is looked after at its address, and serves the rest under its own names alone', async () => {
    const token = 'scrape-me-every-15-s';
    const env = { HOST: '0.0.0.0', PUBLIC_URL: 'https://alcove.example.org', METRICS_TOKEN: token };
    const app = await startTestApp({ env });
    try {
      const headers = { host: '10.42.0.7:8000', authorization: `Bearer ${token}` };
      const statusOf = async (path: string) => (await rawRequest(app.baseUrl, { path, headers })).status;
      expect(await Promise.all(['/healthz', '/readyz', '/metrics'].map(statusOf))).toEqual([200, 200, 200]);
      expect(await Promise.all(['/capabilities', '/conversations', '/'].map(statusOf))).toEqual([
        403, 403, 403,
      ]);
    } finally {
      await app.close();
    }
    const open = await startTestApp({ env: { HOST: env.HOST, PUBLIC_URL: env.PUBLIC_URL } });
    const strange = await rawRequest(open.baseUrl, { path: '/metrics', headers: { host: '10.42.0.7:8000' } });
    await open.close();
    expect(strange.status).toBe(403);
  });

  test('by https gives secure cookies, whatever the proxy says', async () => {
    const app = await startTestApp({ env: { PUBLIC_URL: 'https://localhost' } });
    try {
      const answer = await fetch(`${app.baseUrl}/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          ...account,
          email: `${crypto.randomUUID()}@example.org`,
          setup_code: app.app.setupCode,
        }),
      });
      const cookies = answer.headers.getSetCookie();
      expect(cookies.length).toBeGreaterThan(0);
      for (const cookie of cookies) expect(cookie).toMatch(/^__Host-.*; Secure/);
    } finally {
      await app.close();
    }
  });
});
