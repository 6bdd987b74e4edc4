import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askStream, historyOf, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { textFile } from '../documents/support/files.ts';
import { formOf, send, upload, whenSettled } from '../documents/support/uploading.ts';
import { databaseKind, newPerson, type Person, personOf } from '../support/app.ts';
import { freePort } from '../support/free-port.ts';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { createHome, type Home, type ServerProcess } from './support/server-process.ts';

const messagesPerMinute = 12;
const streams = 2;
const uploads = 2;

describe.skipIf(databaseKind === 'pglite')('two processes on one database (needs PostgreSQL)', () => {
  let provider: Provider;
  let mail: MailServer;
  let home: Home;
  let web: ServerProcess;
  let other: ServerProcess;
  let worker: ServerProcess;
  let here: Person;
  let there: Person;
  beforeAll(async () => {
    provider = await startProvider();
    mail = await startMailServer();
    home = await createHome({
      SMTP_URL: mail.url,
      MAIL_FROM: 'alcove@example.org',
      LLM_BASE_URL: provider.baseUrl,
      LLM_MODEL: 'test-chat',
      MESSAGES_PER_MINUTE: String(messagesPerMinute),
      STREAMS_PER_USER: String(streams),
      UPLOADS_PER_USER: String(uploads),
    });
    [web, other] = await Promise.all([startWeb(), startWeb()]);
    await untilCount(
      'each has looked for the other',
      'SELECT count(*)::int AS count FROM replicas WHERE seen_at > $since',
      2,
    );
    here = await newPerson(web.baseUrl);
    there = personOf(other.baseUrl, here.token, here);
  }, 120_000);
  afterAll(async () => {
    await home?.close();
    await provider?.close();
    await mail?.close();
  });

  /** Letters need an address to link to. */
  async function startWeb(): Promise<ServerProcess> {
    const port = await freePort();
    return home.start({ ROLE: 'web', PORT: String(port), PUBLIC_URL: `http://localhost:${port}` });
  }

  /** Until the query of the database finds as many. */
  async function untilCount(what: string, query: string, wanted: number): Promise<void> {
    const client = new pg.Client({ connectionString: home.databaseUrl ?? '' });
    await client.connect();
    try {
      const since = (await client.query<{ now: string }>('SELECT now()::text AS now')).rows[0]?.now;
      await until(what, async () => {
        const { rows } = await client.query<{ count: number }>(query.replace('$since', `'${since}'`));
        return rows[0]?.count === wanted;
      });
    } finally {
      await client.end();
    }
  }

  const say = (person: Person, conversation: string) =>
    person.fetch(`/conversations/${conversation}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ role: 'user', content: 'One more.' }),
    });

  test('a folder of its own is refused, while the others go on', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alcove-own-'));
    await expect(home.start({ DATA_DIR: folder, SMTP_URL: '', MAIL_FROM: '' })).rejects.toThrow(
      /Another process on this database \(\d+ on .*\) keeps its originals elsewhere than in the data folder .*: every process needs the same place\. Correct DATA_DIR/,
    );
    expect((await fetch(`${web.baseUrl}/readyz`)).status).toBe(200);
    await rm(folder, { recursive: true });
  });

  test('web replicas read no document, and a worker does', { timeout: 90_000 }, async () => {
    const conversation = await newConversation(here);
    const [document] = await upload(here, conversation, textFile('waits.txt', 'The plover waits.'));
    worker = await home.start({ ROLE: 'worker', SMTP_URL: '', MAIL_FROM: '' });
    expect((await whenSettled(there, document?.id ?? '')).status).toBe('ready');
    for (const server of [web, other]) expect(await documentsReadBy(server)).toBe(0);
    await until('the worker has counted it', async () => (await documentsReadBy(worker)) === 1);
  });

  async function documentsReadBy(server: ServerProcess): Promise<number> {
    const metrics = await (await fetch(`${server.baseUrl}/metrics`)).text();
    const counts = metrics.matchAll(/^alcove_work_seconds_count\{kind="ingest",[^}]*\} (\d+)$/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  test('a worker is asked for its health only', async () => {
    expect((await fetch(`${worker.baseUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${worker.baseUrl}/readyz`)).status).toBe(200);
    expect((await fetch(`${worker.baseUrl}/metrics`)).status).toBe(200);
    for (const path of ['/', '/docs', '/openapi.json', '/capabilities', '/conversations', '/auth/me'])
      expect({ path, status: (await fetch(worker.baseUrl + path)).status }).toEqual({ path, status: 404 });
  });

  test('messages count together, whichever replica they are sent to', { timeout: 60_000 }, async () => {
    const person = await newPerson(web.baseUrl);
    const elsewhere = personOf(other.baseUrl, person.token, person);
    const conversation = await newConversation(person);
    const statuses: number[] = [];
    for (let at = 0; at < messagesPerMinute + 4; at += 1)
      statuses.push((await say(at % 3 === 0 ? elsewhere : person, conversation)).status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(messagesPerMinute);
    expect(statuses.slice(messagesPerMinute)).toEqual([429, 429, 429, 429]);
  });

  test('all messages sent to one replica leave none for the other', { timeout: 60_000 }, async () => {
    const person = await newPerson(web.baseUrl);
    const conversation = await newConversation(person);
    for (let at = 0; at < messagesPerMinute; at += 1)
      expect((await say(person, conversation)).status).toBe(201);
    const refused = await say(personOf(other.baseUrl, person.token, person), conversation);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('failed sign-ins count together', { timeout: 90_000 }, async () => {
    const person = await newPerson(web.baseUrl);
    const statuses: number[] = [];
    for (let at = 0; at < 12; at += 1) {
      const response = await fetch(`${(at % 2 === 0 ? web : other).baseUrl}/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: person.email, password: 'not the password at all' }),
      });
      statuses.push(response.status);
    }
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429]);
  });

  test('letters about a forgotten password count together', { timeout: 90_000 }, async () => {
    const person = await newPerson(web.baseUrl);
    for (let at = 0; at < 6; at += 1) {
      const response = await fetch(`${(at % 2 === 0 ? web : other).baseUrl}/auth/forgot-password`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: person.email }),
      });
      expect(response.status).toBe(202);
    }
    const key = createHash('sha256').update(`reset-letter:email:${person.email}`).digest('hex');
    await untilCount('each was counted', `SELECT count FROM shared_counts WHERE key = '${key}'`, 6);
    await until('the letters are there', () => mail.letters.length >= 3);
    expect(mail.letters.map(({ to }) => to.join())).toEqual(Array(3).fill(person.email));
  });

  test(
    'answers being written count together; one is followed and stopped through the other replica',
    { timeout: 60_000 },
    async () => {
      const person = await newPerson(web.baseUrl);
      const elsewhere = personOf(other.baseUrl, person.token, person);
      provider.script(behave.stall('Slowly'), behave.stall('Slowly'));
      const ask = async (whose: Person): Promise<Response> =>
        askStream(whose, await newConversation(whose), 'Long one?');
      const running = [await ask(person), await ask(elsewhere)];
      expect(running.map(({ status }) => status)).toEqual([200, 200]);
      expect((await ask(person)).status).toBe(429);
      expect((await ask(elsewhere)).status).toBe(429);
      const id = /"message_id":"([0-9a-f-]{36})"/.exec(await firstPart(running[0] as Response))?.[1];
      const followed = await elsewhere.fetch(`/messages/${id}/stream`);
      expect(followed.status).toBe(200);
      expect((await elsewhere.fetch(`/messages/${id}/stop`, { method: 'POST' })).ok).toBe(true);
      const events = await followed.text();
      expect(events).toContain('Slowly');
      expect(events).toContain('event: done');
      expect((await ask(elsewhere)).status).toBe(200);
    },
  );

  test(
    'of questions that are asked at the same moment on both no more are let through than the limit',
    { timeout: 60_000 },
    async () => {
      provider.setDefault(behave.stall('Slowly'));
      for (let round = 0; round < 5; round += 1) {
        const person = await newPerson(web.baseUrl);
        const askers = Array.from({ length: 2 * streams }, (_, at) =>
          personOf((at % 2 === 0 ? web : other).baseUrl, person.token, person),
        );
        const conversations = await Promise.all(askers.map(newConversation));
        const asked = await Promise.all(
          askers.map((asker, at) => askStream(asker, conversations[at] ?? '', 'Long one?')),
        );
        const refused = asked.filter(({ status }) => status === 429);
        expect(asked.filter(({ status }) => status === 200)).toHaveLength(streams);
        expect(refused).toHaveLength(streams);
        for (const response of refused)
          expect(await response.text()).toContain(`${streams} answers are being written for you already`);
        for (const { body } of asked) await body?.cancel().catch(() => {});
        // What was refused has written nothing.
        const counts = await Promise.all(
          conversations.map(async (id) => (await historyOf(person, id)).length > 0),
        );
        expect(counts.filter(Boolean)).toHaveLength(streams);
      }
      provider.reset();
    },
  );

  test('uploads under way count together', { timeout: 60_000 }, async () => {
    const conversation = await newConversation(here);
    const held = [holdUpload(here, conversation), holdUpload(there, conversation)];
    const tried = (whose: Person) => send(whose, conversation, formOf(textFile('more.txt', 'One more.')));
    await untilCount(
      'both are under way',
      'SELECT sum(count)::int AS count FROM shared_counts WHERE replica IS NOT NULL',
      2,
    );
    expect((await tried(here)).status).toBe(429);
    expect((await tried(there)).status).toBe(429);
    for (const upload of held) upload.end();
    for (const upload of held) expect((await upload.response).status).toBe(202);
    await until('there is room again', async () => (await tried(there)).status === 202);
  });

  test(
    'a process that ended takes nothing with it: the next one starts at once',
    { timeout: 60_000 },
    async () => {
      await other.end('SIGKILL');
      const next = await startWeb();
      expect((await fetch(`${next.baseUrl}/readyz`)).status).toBe(200);
      await until('it serves', async () => (await fetch(`${next.baseUrl}/healthz`)).ok);
    },
  );
});

async function firstPart(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  return new TextDecoder().decode(value);
}

/** An upload whose last bytes come when it is told to end. */
function holdUpload(person: Person, conversation: string) {
  const ended = Promise.withResolvers<void>();
  const boundary = 'held';
  async function* body() {
    yield Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="held.txt"\r\n\r\nHeld.`,
    );
    await ended.promise;
    yield Buffer.from(`\r\n--${boundary}--\r\n`);
  }
  const init = { body: body() as unknown as BodyInit, duplex: 'half' } as RequestInit;
  const response = person.fetch(`/conversations/${conversation}/documents`, {
    ...init,
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  });
  return { response, end: () => ended.resolve() };
}
