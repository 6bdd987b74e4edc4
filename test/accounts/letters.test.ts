import type { Capabilities, Invitation } from '@alcove/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { expectProblem } from '../http/problem.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { linkIn, type MailServer, startMailServer } from '../support/mail-server.ts';

// Links by e-mail, over a real SMTP server.

const password = 'another long password';
const publicUrl = 'https://alcove.example.org';
let mail: MailServer;
let app: TestApp;
let admin: Person;
beforeAll(async () => {
  mail = await startMailServer();
  const settings = { SMTP_URL: mail.url, MAIL_FROM: 'Alcove <alcove@example.org>', PUBLIC_URL: publicUrl };
  app = await startTestApp({ env: settings });
  admin = await newPerson(app.baseUrl);
});
afterAll(async () => {
  await app?.close();
  await mail?.close();
});

function post(path: string, body: object): Promise<Response> {
  return fetch(`${app.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function letterTo(email: string): Promise<string> {
  await expect.poll(() => mail.letters.some(({ to }) => to.includes(email)), { timeout: 20_000 }).toBe(true);
  const letter = mail.letters.findLast(({ to }) => to.includes(email));
  if (letter === undefined) throw new Error('no letter');
  expect(letter.from).toBe('alcove@example.org');
  return linkIn(letter);
}

test('an invitation is sent, and the answer holds no link', async () => {
  const email = `${crypto.randomUUID()}@example.org`;
  const { body } = await admin.json<Invitation>('POST', '/admin/invites', { email });
  expect(body).toMatchObject({ sent: true, link: null, token: null });
  const link = await letterTo(email);
  expect(link).toMatch(/^https:\/\/alcove\.example\.org\/setup#ali_/);
  expect((await post('/auth/accept-invite', { token: link.split('#')[1], password })).status).toBe(200);
});

test('a forgotten password is replaced by a letter; until then the old one serves', async () => {
  const person = await newPerson(app.baseUrl);
  expect((await post('/auth/forgot-password', { email: person.email.toUpperCase() })).status).toBe(202);
  const link = await letterTo(person.email);
  expect((await post('/auth/login', person)).status).toBe(400);
  expect((await post('/auth/login', { email: person.email, password: person.password })).status).toBe(200);
  expect((await person.fetch('/auth/me')).status).toBe(200);
  const token = link.split('#')[1];
  expect((await post('/auth/reset-password', { token, password })).status).toBe(204);
  await expectProblem(await person.fetch('/auth/me'), 'unauthenticated');
  expect((await post('/auth/login', { email: person.email, password })).status).toBe(200);
});

test('nobody learns who has an account: the same answer, and no letter', async () => {
  const suspended = await newPerson(app.baseUrl);
  await admin.json('PATCH', `/admin/users/${suspended.id}`, { status: 'suspended' });
  const before = mail.letters.length;
  const answers = [];
  for (const email of ['nobody@example.org', suspended.email, 'not an address']) {
    const answer = await post('/auth/forgot-password', { email });
    answers.push([answer.status, await answer.text()]);
  }
  expect(answers).toEqual(answers.map(() => [202, '{}']));
  const known = await newPerson(app.baseUrl);
  // Letters of one account are few, whoever asks.
  for (let asked = 0; asked < 5; asked += 1)
    expect((await post('/auth/forgot-password', { email: known.email })).status).toBe(202);
  await letterTo(known.email);
  await app.stop();
  expect(mail.letters.slice(before).map(({ to }) => to.join())).toEqual(Array(3).fill(known.email));
});

test('asking is limited by address', async () => {
  const limited = await startTestApp({ like: app });
  const ask = () =>
    fetch(`${limited.baseUrl}/auth/forgot-password`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'nobody@example.org' }),
    });
  const statuses = [];
  for (let asked = 0; asked < 11; asked += 1) statuses.push((await ask()).status);
  expect(statuses).toEqual([...Array<number>(10).fill(202), 429]);
  await limited.close();
});

test('a letter that cannot be sent leaves the link to the administrator', async () => {
  const other = await startTestApp({ like: app });
  mail.refuse();
  const login = await fetch(`${other.baseUrl}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: admin.email, password: admin.password }),
  });
  const { access_token: token } = (await login.json()) as { access_token: string };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ email: `${crypto.randomUUID()}@example.org` });
  const answer = await fetch(`${other.baseUrl}/admin/invites`, { method: 'POST', headers, body });
  expect(answer.status).toBe(201);
  const invited = (await answer.json()) as Invitation;
  expect(invited.sent).toBe(false);
  expect(invited.link).toBe(`${publicUrl}/setup#${invited.token}`);
  expect(other.logs.some((line) => line.includes('a letter was not sent'))).toBe(true);
  const can = (await (await fetch(`${other.baseUrl}/capabilities`)).json()) as Capabilities;
  expect(can.reset_by_mail).toBe(true);
  await other.close();
});

test('e-mail without an address of this server, or without a sender, is refused at the start', () => {
  for (const env of [
    { SMTP_URL: 'smtp://localhost', MAIL_FROM: 'a@example.org' },
    { SMTP_URL: 'smtp://localhost', PUBLIC_URL: publicUrl },
  ])
    expect(() => readConfig(env)).toThrow('SMTP_URL needs PUBLIC_URL');
  expect(() => readConfig({ SMTP_URL: 'http://localhost' })).toThrow('SMTP_URL');
});
