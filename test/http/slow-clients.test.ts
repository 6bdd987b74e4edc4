import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newConversation } from '../answers/support/asking.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { isFullRun } from '../support/full-run.ts';

const slowClients = 500;
/** Generous on a busy machine; a server that waited for one of them would wait for 20 seconds. */
const soonMs = 5_000;

let app: TestApp;
let person: Person;
const sockets: Socket[] = [];

beforeAll(async () => {
  app = await startTestApp();
  person = await newPerson(app.baseUrl);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await app?.close();
});

/** Half of them never end their headers, half never send the body that they have announced. */
async function openSlow(at: number): Promise<void> {
  const { hostname, port } = new URL(app.baseUrl);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  socket.write(`POST /conversations HTTP/1.1\r\nHost: ${hostname}:${port}\r\n`);
  if (at % 2 === 0) return;
  socket.write(`Authorization: Bearer ${person.token}\r\nContent-Type: application/json\r\n`);
  socket.write('Content-Length: 100\r\n\r\n{"title": ');
}

test('five hundred that never end their headers or bodies hold up nobody else', async () => {
  await Promise.all(Array.from({ length: slowClients }, (_, at) => openSlow(at)));
  for (let at = 0; at < 5; at += 1) {
    const began = performance.now();
    const id = await newConversation(person);
    expect((await person.fetch(`/conversations/${id}`)).status).toBe(200);
    expect((await fetch(`${app.baseUrl}/healthz`)).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(soonMs);
  }
  expect(sockets.filter((socket) => socket.destroyed)).toEqual([]);
});

test('a connection is kept for longer than the proxies before it keep theirs', async () => {
  const response = await fetch(`${app.baseUrl}/healthz`);
  const [, seconds] = /timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '') ?? [];
  expect(Number(seconds)).toBeGreaterThan(600);
});

test('a server that stops waits for no connection whose stream has ended, or that nothing came by', async () => {
  const stopping = await startTestApp();
  const { hostname, port } = new URL(stopping.baseUrl);
  const silent = connect(Number(port), hostname)
    .on('error', () => {})
    .resume();
  await once(silent, 'connect');
  const agent = new Agent({ keepAlive: true });
  const { token } = await newPerson(stopping.baseUrl);
  const events = request(`${stopping.baseUrl}/events`, {
    agent,
    headers: { authorization: `Bearer ${token}` },
  }).end();
  const [stream] = (await once(events, 'response')) as [IncomingMessage];
  stream.resume();
  await stopping.close();
  expect(stream.complete).toBe(true);
  agent.destroy();
});

// Some 20 seconds of waiting.
test.runIf(isFullRun)('who never ends the headers is let go', { timeout: 60_000 }, async () => {
  const [first] = sockets;
  if (first?.closed === false) await once(first, 'close');
  expect(first?.bytesRead).toBeGreaterThan(0);
});
