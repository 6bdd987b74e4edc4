import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Share } from '@alcove/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../answers/support/until.ts';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';

/** Open at once for one user. */
const eventStreams = 30;

let app: TestApp;
/** Ports of the callers that the server has a connection with. */
const held = new Set<number | undefined>();
beforeAll(async () => {
  app = await startTestApp();
  app.app.http.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    held.add(remotePort);
    socket.once('close', () => held.delete(remotePort));
  });
});
afterAll(() => app?.close());

/** Resolves with the connection when the server has read the request. */
async function call(person: Person, path: string): Promise<Socket> {
  const { hostname, port } = new URL(app.baseUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const read = once(app.app.http.server, 'request');
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${person.token}\r\n\r\n`);
  await read;
  return socket;
}

test('who leaves while the server still looks at what they may read takes no place for a stream', async () => {
  const [owner, guest] = [await newPerson(app.baseUrl), await newPerson(app.baseUrl)];
  const { id } = await owner.client.conversations.create();
  await owner.client.messages.add(id, { role: 'user', content: 'Read this.' });
  const body = { access: 'take_part', recipient: guest.email };
  const { body: share } = await owner.json<Share>('POST', `/conversations/${id}/shares`, body);
  const path = `/s/${share.url.split('/s/')[1]}/changes`;
  // Known for some seconds, the session is not looked at again.
  await guest.client.conversations.list();
  const looker = await app.app.db.pool.connect();
  // The look at the link waits for this, or for the only connection that there is.
  await looker.query('BEGIN');
  await looker.query('LOCK TABLE shares IN ACCESS EXCLUSIVE MODE');
  const callers: Socket[] = [];
  while (callers.length < eventStreams) callers.push(await call(guest, path));
  expect((await fetch(`${app.baseUrl}/openapi.json`)).status).toBe(200);
  const ports = callers.map(({ localPort }) => localPort);
  for (const caller of callers) caller.resetAndDestroy();
  await until('all have left', () => !ports.some((port) => held.has(port)));
  await looker.query('ROLLBACK');
  looker.release();
  const ending = new AbortController();
  expect((await guest.fetch(path, { signal: ending.signal })).status).toBe(200);
  ending.abort();
});
