import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askStream, newConversation } from '../answers/support/asking.ts';
import { until } from '../answers/support/until.ts';
import { databaseKind, newPerson, type Person } from '../support/app.ts';
import { freePort } from '../support/free-port.ts';
import { behave, type Provider, startProvider } from '../support/provider.ts';
import { hasNginx, type Nginx, startNginx } from './support/nginx.ts';
import { createHome, type Home, type ServerProcess } from './support/server-process.ts';

const isThere = await hasNginx();
const clients = 4;

describe.skipIf(databaseKind === 'pglite' || !isThere)(
  'two replicas behind the nginx configuration that ships (needs PostgreSQL and nginx)',
  { timeout: 240_000 },
  () => {
    let provider: Provider;
    let home: Home;
    let ports: [number, number];
    let servers: ServerProcess[];
    let nginx: Nginx;
    beforeAll(async () => {
      provider = await startProvider();
      home = await createHome(
        {
          LLM_BASE_URL: provider.baseUrl,
          LLM_MODEL: 'test-chat',
          TRUST_PROXY: '1',
          ANSWER_GRACE_SECONDS: '60',
          ALLOWED_HOSTS: '127.0.0.1',
        },
        { isNew: true },
      );
      ports = [await freePort(), await freePort()];
      servers = [await start(0), await start(1)];
      nginx = await startNginx(await freePort(), ports);
    }, 180_000);
    afterAll(async () => {
      await nginx?.close();
      await home?.close();
      await provider?.close();
    });

    const start = (at: 0 | 1) => home.start({ PORT: String(ports[at]) });

    test('a stopping server says so at once, goes on for a while, refuses what is new and ends with 0', async () => {
      const server = servers[0] as ServerProcess;
      const person = await newPerson(server.baseUrl);
      const conversation = await newConversation(person);
      const gate = Promise.withResolvers<void>();
      provider.script(behave.answer('Slowly, word for word.', { until: gate.promise }));
      const answer = await askStream(person, conversation, 'Tell me.');
      const late = await startRequest(server.baseUrl, '/conversations');
      const ended = server.end('SIGTERM');
      const ready = await until('it says that it stops', async () => {
        const response = await fetch(`${server.baseUrl}/readyz`);
        return response.status === 503 && response;
      });
      expect(ready.headers.get('connection')).toBe('close');
      expect(await ready.json()).toMatchObject({
        status: 'not_ready',
        checks: { server: { ok: false, detail: 'is stopping' } },
      });
      expect((await person.fetch('/conversations')).status).toBe(200);
      await until('nobody is let in', () =>
        fetch(`${server.baseUrl}/healthz`).then(
          () => false,
          () => true,
        ),
      );
      await pause(1_000);
      const refused = await late.finish();
      expect(refused).toMatch(/^HTTP\/1\.1 503 /);
      expect(refused).toMatch(/^retry-after: 1\r$/im);
      expect(refused).toContain('This server is stopping');
      gate.resolve();
      expect(await answer.text()).toContain('event: done');
      expect(await ended).toMatchObject({ code: 0 });
      provider.reset();
      servers[0] = await start(0);
    });

    test('restarted one after the other under load, lose no request', async () => {
      const people = await Promise.all(Array.from({ length: clients }, () => newPerson(nginx.baseUrl)));
      const stop = new AbortController();
      const failures: string[] = [];
      let done = 0;
      const load = people.map(async (person) => {
        while (!stop.signal.aborted) {
          await work(person).catch((error: unknown) => failures.push(String(error)));
          done += 1;
        }
      });
      for (const at of [0, 1, 0, 1] as const) {
        await pause(1_000);
        expect(await servers[at]?.end('SIGTERM')).toMatchObject({ code: 0 });
        servers[at] = await start(at);
      }
      stop.abort();
      await Promise.all(load);
      console.log(`${done} rounds of 7 requests during four restarts, ${failures.length} failed`);
      expect(failures).toEqual([]);
      expect(done).toBeGreaterThan(clients);
      expect(await nginx.errors()).not.toMatch(/prematurely closed|reset by peer/);
    });

    /** What a person does, each step of which must succeed. */
    async function work(person: Person): Promise<void> {
      const conversation = await newConversation(person);
      await expectStatus(person, 'POST', `/conversations/${conversation}/documents`, 202, {
        name: 'lights.txt',
        text: 'The lighthouse of Skagen was lit first in 1747.',
      });
      const answer = await askStream(person, conversation, 'When was it lit?');
      const text = await answer.text();
      if (answer.status !== 200 || !text.includes('event: done')) throw new Error(`${answer.status} ${text}`);
      await expectStatus(person, 'GET', `/conversations/${conversation}`, 200);
      await expectStatus(person, 'PATCH', `/conversations/${conversation}`, 200, { title: 'Lights' });
      await expectStatus(person, 'GET', '/conversations', 200);
      await expectStatus(person, 'DELETE', `/conversations/${conversation}`, 200);
    }

    async function expectStatus(
      person: Person,
      method: string,
      path: string,
      status: number,
      body?: unknown,
    ): Promise<void> {
      const response = await person.fetch(path, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status !== status) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
  },
);

/** A POST whose head is not at its end until `finish` is called, which resolves with the raw answer. */
async function startRequest(baseUrl: string, path: string): Promise<{ finish(): Promise<string> }> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  await once(socket, 'connect');
  let received = '';
  socket.on('data', (text: string) => (received += text));
  socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n`);
  return {
    async finish() {
      socket.write('Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}');
      await once(socket, 'close');
      return received;
    },
  };
}
