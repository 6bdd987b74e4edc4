import { isDistributed } from '../support/database-kind.ts';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ImportReport, Uploaded } from '@alcove/contract';
import { afterAll, expect, test } from 'vitest';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';
import { expectProblem } from './problem.ts';

// The key of a request that has changed something, and of one that nobody waits for any more.

const app = sharedApp({ env: { FETCH_PRIVATE_NETWORKS: '127.0.0.0/8' } });
const person = async (): Promise<Person> => newPerson((await app()).baseUrl);

/** Holds every page until it is told to send it. */
const asked: ServerResponse[] = [];
const pages = createServer((_request, response) => void asked.push(response));
await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
afterAll(() => void pages.close());

function importAs(who: Person, key: string, query = ''): Promise<Response> {
  const chats = ['First', 'Second'].map((name) => ({
    uuid: name,
    name,
    created_at: '2025-03-01T10:00:00Z',
    updated_at: '2025-03-01T10:00:00Z',
    chat_messages: [{ uuid: 'm-1', sender: 'human', text: 'Hi', created_at: '2025-03-01T10:00:00Z' }],
  }));
  const form = new FormData();
  form.append('file', new File([JSON.stringify(chats)], 'conversations.json'));
  return who.fetch(`/import${query}`, { method: 'POST', headers: { 'idempotency-key': key }, body: form });
}

async function titlesOf(who: Person): Promise<string[]> {
  const { conversations } = await who.client.conversations.list();
  return conversations.map(({ title }) => title).toSorted();
}

function postAs(who: Person, key: string, path: string, body: object, signal?: AbortSignal) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key };
  return who.fetch(path, { method: 'POST', headers, body: JSON.stringify(body), signal: signal ?? null });
}

test('an import whose items are told as they come is done once, and a repeat gets the counts', async () => {
  const who = await person();
  const first = await (await importAs(who, 'told', '?stream=true')).text();
  expect(first.match(/^event: .*$/gm)).toEqual(['event: item', 'event: item', 'event: done']);
  for (const { id } of (await who.client.conversations.list()).conversations)
    await who.json('DELETE', `/conversations/${id}`);
  const again = await importAs(who, 'told', '?stream=true');
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const told = await again.text();
  expect(told.match(/^event: .*$/gm)).toEqual(['event: done']);
  expect(told).toContain('"imported":2');
  expect(told).not.toContain('First');
  expect(await titlesOf(who)).toEqual([]);
});

test('a dry run leaves its key free', async () => {
  const who = await person();
  for (let time = 0; time < 2; time += 1) {
    const response = await importAs(who, 'dry', '?dry_run=true');
    expect(((await response.json()) as ImportReport).items).toHaveLength(2);
  }
});

// Citus takes no triggers on its tables, by which this breaks the import off.
test.skipIf(isDistributed()).each(['', '?stream=true'])(
  'an import%s that fails half-way keeps its key for itself',
  async (query) => {
    const who = await person();
    const { pool } = (await app()).app.db;
    await pool.query(`CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'failed on purpose' USING ERRCODE = '40001'; END $$`);
    await pool.query(`CREATE TRIGGER break_off BEFORE INSERT ON conversations FOR EACH ROW
    WHEN (NEW.title = 'Second') EXECUTE FUNCTION break_off()`);
    const broken = await importAs(who, 'half', query);
    const said = await broken.text();
    await pool.query('DROP TRIGGER break_off ON conversations; DROP FUNCTION break_off()');
    expect([broken.status, said.includes('event: failed')]).toEqual(
      query === '' ? [503, false] : [200, true],
    );
    expect(await titlesOf(who)).toEqual(['First']);
    await expectProblem(await postAs(who, 'half', '/conversations', {}), 'idempotency_mismatch');
    const again = await (await importAs(who, 'half', query)).text();
    expect(again).toContain('"imported":1,"extended":0,"unchanged":1');
    expect(await titlesOf(who)).toEqual(['First', 'Second']);
  },
);

test('a request whose client has gone away keeps its key as long as it is at work', async () => {
  const who = await person();
  const { id } = (await who.json<{ id: string }>('POST', '/conversations', {})).body;
  const path = `/conversations/${id}/documents`;
  const body = { url: `http://127.0.0.1:${(pages.address() as AddressInfo).port}/page.txt` };
  const gone = new AbortController();
  const first = postAs(who, 'gone', path, body, gone.signal).catch(() => 'gone away');
  const page = await until('the page is asked for', async () => asked[0]);
  gone.abort();
  expect(await first).toBe('gone away');
  const lockedUntil = async (): Promise<number> => {
    const { rows } = await (
      await app()
    ).app.db.pool.query<{ until: number }>(
      `SELECT extract(epoch FROM locked_until)::float8 AS until FROM idempotency_keys WHERE user_id = $1`,
      [who.id],
    );
    return rows[0]?.until ?? 0;
  };
  // Renewed twice since: one of them may have been on its way when the client went.
  const before = await lockedUntil();
  await until(
    'the lock is renewed',
    async () => ((await lockedUntil()) > before + 6 ? true : undefined),
    15_000,
  );
  const repeat = postAs(who, 'gone', path, body);
  page.setHeader('content-type', 'text/plain').end('Once upon a time.');
  const made = await repeat;
  expect([made.status, made.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
  expect(((await made.json()) as Uploaded).documents).toHaveLength(1);
  expect((await who.client.conversations.get(id)).document_count).toBe(1);
  expect(asked).toHaveLength(1);
}, 60_000);
