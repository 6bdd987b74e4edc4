import type { AuditEntry, InstallationStatistics } from '@alcove/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { runCli } from '../support/run-cli.ts';

// What administrators see, from the command line, while the server runs.

let app: TestApp;
let admin: Person;
beforeAll(async () => {
  app = await startTestApp();
  admin = await newPerson(app.baseUrl);
  const { id } = await admin.client.conversations.create();
  await admin.client.messages.add(id, { role: 'user', content: 'A secret.' });
});
afterAll(() => app?.close());

async function plain(...args: string[]): Promise<string> {
  const ended = await runCli(args, app.env);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return ended.stdout;
}

test('stats are those of administrators', { timeout: 60_000 }, async () => {
  const { users, messages, bytes, days } = (await admin.json<InstallationStatistics>('GET', '/admin/stats'))
    .body;
  expect(JSON.parse(await plain('stats', '--json'))).toMatchObject({ users, messages, bytes, days });
  const lines = await plain('stats', '--time-zone', 'Asia/Kathmandu');
  expect(lines).toContain('\nmessages: 1\nmessages by role: user 1, assistant 0, system 0\n');
  expect(lines).toContain('\ntime zone: Asia/Kathmandu\n');
  expect(lines).not.toContain('secret');
  expect(await runCli(['stats', '--time-zone', 'Nowhere/Land'], app.env)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is no time zone'),
  });
});

test('audit is that of administrators, as long as is asked for', { timeout: 60_000 }, async () => {
  const { entries } = (await admin.json<{ entries: AuditEntry[] }>('GET', '/admin/audit')).body;
  expect(entries.length).toBeGreaterThan(0);
  expect(JSON.parse(await plain('audit', '--json'))).toEqual({ entries });
  const lines = (await plain('audit', '--limit', '1', '--action', entries[0]?.action ?? '')).split('\n');
  expect(lines).toEqual([expect.stringContaining(` by ${admin.id}`), '']);
  expect((await runCli(['audit', '--limit', '0'], app.env)).code).toBe(1);
});
