import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { AdminUser, AuditEntry, Session } from '@alcove/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseKind, newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { testServerUrl } from '../support/database-kind.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { type Ended, runCli } from '../support/run-cli.ts';

// Accounts from the command line, while the server runs: of an embedded database the server does what is asked.

let app: TestApp;
let admin: Person;
beforeAll(async () => {
  app = await startTestApp({ env: { REGISTRATION: 'closed' } });
  admin = await newPerson(app.baseUrl);
});
afterAll(() => app?.close());

interface Shown {
  users: AdminUser[];
  password?: string;
  link?: string;
  token?: string;
}

async function users(...args: string[]): Promise<Shown> {
  const ended = await runCli(['users', ...args, '--json'], app.env);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout) as Shown;
}

function plain(...args: string[]): Promise<Ended> {
  return runCli(['users', ...args], app.env);
}

async function post(path: string, body: object): Promise<{ status: number; body: Session }> {
  const answer = await fetch(`${app.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answered = await answer.text();
  return { status: answer.status, body: (answered === '' ? {} : JSON.parse(answered)) as Session };
}

test('an account is made, suspended, resumed, limited, reset and deleted', { timeout: 240_000 }, async () => {
  const email = 'grace@example.org';
  const made = await users('create', email, '--name', 'Grace');
  const { password = '' } = made;
  expect(made.users).toMatchObject([{ email, name: 'Grace', role: 'user', status: 'active' }]);
  const session = await post('/auth/login', { email, password });
  expect(session.status).toBe(200);
  const me = () =>
    fetch(`${app.baseUrl}/auth/me`, { headers: { authorization: `Bearer ${session.body.access_token}` } });
  expect((await me()).status).toBe(200);

  expect((await plain('suspend', email)).stdout).toMatch(/^grace@example\.org \S+ user suspended\n$/);
  await expect.poll(async () => (await me()).status, { timeout: 10_000 }).toBe(401);
  expect((await users('list', '--status', 'suspended')).users).toHaveLength(1);
  await users('resume', email);
  expect((await post('/auth/login', { email, password })).status).toBe(200);

  const limited = await users('quota', email, '--documents', '3', '--megabytes', '2', '--messages', '5');
  expect(limited.users[0]?.quotas).toEqual({ documents: 3, bytes: 2_097_152, messages_per_minute: 5 });
  const freed = await users('quota', email, '--megabytes', 'default');
  expect(freed.users[0]?.quotas).toEqual({ documents: 3, bytes: null, messages_per_minute: 5 });

  const kept = await users('retention', email, '--days', '365');
  expect(kept.users[0]).toMatchObject({ retention_days: 365, legal_hold: false });
  const held = await users('hold', email);
  expect(held.users[0]).toMatchObject({ retention_days: 365, legal_hold: true });
  expect((await plain('list')).stdout).toContain('kept 365 days, under legal hold');
  expect((await plain('delete', email, '--yes')).code).toBe(1);
  expect((await users('retention', email, '--days', 'default')).users[0]?.retention_days).toBeNull();
  expect((await users('hold', email, '--end')).users[0]?.legal_hold).toBe(false);

  const { token } = await users('reset', email);
  expect((await post('/auth/login', { email, password })).status).toBe(401);
  expect((await post('/auth/reset-password', { token, password: 'another long one' })).status).toBe(204);
  expect((await post('/auth/login', { email, password: 'another long one' })).status).toBe(200);

  expect((await plain('delete', email)).stderr).toContain('--yes');
  expect((await plain('delete', email, '--yes')).stdout).toContain('is deleted');
  expect((await users('list')).users.map((user) => user.email)).not.toContain(email);
  const audit = await admin.json<{ entries: AuditEntry[] }>(
    'GET',
    `/admin/audit?target=${made.users[0]?.id}`,
  );
  expect(audit.body.entries.map(({ action }) => action)).toEqual([
    'account.deleted',
    'password.reset_issued',
    'account.hold_ended',
    'account.retention_changed',
    'account.held',
    'account.retention_changed',
    'account.quotas_changed',
    'account.quotas_changed',
    'account.resumed',
    'account.suspended',
    'account.created',
  ]);
  for (const { user_id: who } of audit.body.entries) expect(who).toBeNull();
});

test(
  'an invitation prints its link once, and serves while registration is closed',
  { timeout: 60_000 },
  async () => {
    const ended = await plain('invite', 'alan@example.org', '--admin');
    expect(ended.code).toBe(0);
    const token = /\/setup#(\S+)\n$/.exec(ended.stdout)?.[1];
    const accepted = await post('/auth/accept-invite', { token, password: 'a long enough one' });
    expect(accepted).toMatchObject({ status: 200, body: { user: { role: 'admin', status: 'active' } } });
    await users('delete', 'alan@example.org', '--yes');
  },
);

test('a password comes from the standard input', { timeout: 60_000 }, async () => {
  const args = ['src/cli/main.ts', 'users', 'create', 'ida@example.org', '--password-stdin', '--json'];
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...app.env } });
  const said = text(child.stdout);
  child.stdin.end('my own long password\n');
  await once(child, 'close');
  expect(JSON.parse(await said)).not.toHaveProperty('password');
  const login = { email: 'ida@example.org', password: 'my own long password' };
  expect((await post('/auth/login', login)).status).toBe(200);
});

test('what cannot be done is one sentence', { timeout: 120_000 }, async () => {
  const refused: [string[], RegExp][] = [
    [['suspend', admin.email], /last administrator/],
    [['delete', admin.email, '--yes'], /last administrator/],
    [['create', admin.email], /exists already/],
    [['invite', 'not an address'], /email/],
    [['resume', 'nobody@example.org'], /no account nobody@example\.org/],
    [['quota', admin.email, '--documents', 'many'], /whole number, or default/],
    [['suspned', admin.email], /suspned.*did you mean suspend\?/i],
  ];
  for (const [args, about] of refused) {
    const { code, stdout, stderr } = await plain(...args);
    expect(stderr).toMatch(about);
    expect(stderr.trimEnd().split('\n'), stderr).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  }
});

test.skipIf(databaseKind === 'pglite')(
  'a database without tables is told how to get them',
  { timeout: 60_000 },
  async () => {
    const empty = await createTestDatabase(testServerUrl());
    try {
      expect(await runCli(['users', 'list'], { ...app.env, DATABASE_URL: empty.url })).toMatchObject({
        code: 1,
        stdout: '',
        stderr: 'The database is empty or of another version: run "npm run alcove -- db migrate" first.\n',
      });
    } finally {
      await empty.drop();
    }
  },
);
