import type { Capabilities, Session } from '@alcove/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectProblem } from '../http/problem.ts';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';

// Whoever comes first administers the server: where others than its own machine reach it, that is who reads its log.

const account = { email: 'ada@example.org', password: 'a good long password' };

function register(app: TestApp, body: object): Promise<Response> {
  return fetch(`${app.baseUrl}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...account, ...body }),
  });
}

async function capabilitiesOf({ baseUrl }: TestApp): Promise<Capabilities> {
  return (await (await fetch(`${baseUrl}/capabilities`)).json()) as Capabilities;
}

test('on a server of this machine alone the first account needs no code', async () => {
  const app = await startTestApp({ env: { REGISTRATION: '' } });
  try {
    expect(app.app.setupCode).toBeNull();
    expect(await capabilitiesOf(app)).toMatchObject({ first_run: true, setup_code_required: false });
    const first = await register(app, {});
    expect(first.status).toBe(201);
    expect(((await first.json()) as Session).user.role).toBe('admin');
  } finally {
    await app.close();
  }
});

describe('on a server that others reach, the first account', () => {
  const env = { REGISTRATION: '' };
  let app: TestApp;
  let code: string;
  beforeAll(async () => {
    app = await startTestApp({
      env: { ...env, PUBLIC_URL: 'https://alcove.example.org', TRUST_PROXY: '1' },
    });
    code = app.app.setupCode ?? '';
  }, 120_000);
  afterAll(() => app?.close());

  test('is refused without the code and with another one', async () => {
    expect(code).toMatch(/^[0-9a-f]{32}$/);
    expect(await capabilitiesOf(app)).toMatchObject({ first_run: true, setup_code_required: true });
    for (const wrong of [undefined, '', '0'.repeat(32), code.slice(1), `${code}0`, 'ä'.repeat(32)]) {
      const refused = await register(app, { setup_code: wrong });
      await expectProblem(refused.clone(), 'setup_code_required');
      expect(refused.status).toBe(403);
      expect(await refused.text()).toContain('alcove setup-code');
    }
    expect(app.logs.join('\n')).not.toContain(code);
    expect(JSON.stringify(await capabilitiesOf(app))).not.toContain(code);
  });

  test('may be tried no more often than a sign-in', async () => {
    const tries = Array.from({ length: 70 }, (_, at) =>
      fetch(`${app.baseUrl}/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.77' },
        body: JSON.stringify({ ...account, setup_code: String(at) }),
      }),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 403)).toHaveLength(60);
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  });

  test('has the same code after a restart, and from the command line', async () => {
    const printed = await runCli(['setup-code'], app.env);
    expect(printed).toMatchObject({ code: 0, stdout: `${code}\n`, stderr: '' });
    await app.stop();
    app = await restarted(app);
    expect(app.app.setupCode).toBe(code);
  });

  test('is made once with the code, which then serves no more', async () => {
    const made = await Promise.all(
      Array.from({ length: 4 }, (_, at) =>
        register(app, { email: `first-${at}@example.org`, setup_code: ` ${code.toUpperCase()} ` }),
      ),
    );
    const sessions = await Promise.all(
      made.filter(({ status }) => status === 201).map(async (one) => (await one.json()) as Session),
    );
    expect(sessions.filter(({ user }) => user.role === 'admin')).toHaveLength(1);
    expect(sessions).toHaveLength(1);
    for (const refused of made.filter(({ status }) => status !== 201))
      await expectProblem(refused, 'registration_closed');
    expect(await capabilitiesOf(app)).toMatchObject({ first_run: false, setup_code_required: false });
    const late = await register(app, { email: 'late@example.org', setup_code: code });
    expect(late.status).toBe(403);
    const printed = await runCli(['setup-code'], app.env);
    expect(printed).toMatchObject({ code: 1, stdout: '' });
    expect(printed.stderr).toMatch(/^There is an account already.*\n$/);
  });
});

test('where everybody may register, only the code makes an administrator', async () => {
  const app = await startTestApp({ env: { REGISTRATION: 'open', TRUST_PROXY: '1' } });
  const roleOf = async (answer: Response) => ((await answer.json()) as Session).user.role;
  try {
    expect(await capabilitiesOf(app)).toMatchObject({ first_run: false, setup_code_required: false });
    expect(await roleOf(await register(app, { email: 'stranger@example.org' }))).toBe('user');
    const wrong = await register(app, { setup_code: '0'.repeat(32) });
    await expectProblem(wrong, 'setup_code_required');
    const code = app.app.setupCode ?? '';
    expect(await roleOf(await register(app, { email: 'ada@example.org', setup_code: code }))).toBe('admin');
    expect(await roleOf(await register(app, { email: 'late@example.org', setup_code: code }))).toBe('user');
  } finally {
    await app.close();
  }
});

async function restarted(app: TestApp): Promise<TestApp> {
  const again = await startTestApp({ like: app });
  return { ...again, close: async () => (await again.close(), app.close()) };
}

test('an administrator made on the command line needs no code, and ends the need for one', async () => {
  const app = await startTestApp({ env: { REGISTRATION: '', ALLOWED_HOSTS: 'alcove.example.org' } });
  try {
    const made = await runCli(['users', 'create', 'grace@example.org', '--admin', '--json'], app.env);
    expect(made.code).toBe(0);
    expect((JSON.parse(made.stdout) as { users: { role: string }[] }).users[0]?.role).toBe('admin');
    expect(await capabilitiesOf(app)).toMatchObject({ first_run: false, setup_code_required: false });
    await expectProblem(await register(app, { setup_code: app.app.setupCode }), 'registration_closed');
  } finally {
    await app.close();
  }
});

test('two installations have different codes', async () => {
  const env = { TRUST_PROXY: '1' };
  const [one, other] = await Promise.all([
    startTestApp({ env, isNew: true }),
    startTestApp({ env: { ...env, AUTH_SECRET: 'a secret of another installation, long enough' } }),
  ]);
  try {
    expect(one.app.setupCode).not.toBe(other.app.setupCode);
    await expectProblem(await register(one, { setup_code: other.app.setupCode }), 'setup_code_required');
    expect((await newPerson(one.baseUrl)).id).not.toBe('');
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
});
