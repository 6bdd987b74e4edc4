import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { change, kindsOfChange, prepareGround, routeOf } from '../../torture/support/changes.ts';
import type { Ground } from '../../torture/support/changes/change.ts';
import { fetchesHere, startPage } from '../../torture/support/changes/page.ts';
import { routesOf } from '../http/route-table.ts';
import { newPerson, type Person, sharedApp } from '../support/app.ts';

// What `torture --only kill` does while it kills: every route that writes is among it, and each change can be found again.

/** Routes that no kind of change is of, and why. A new one that writes stands here or in torture/support/changes/. */
const without: Record<string, string> = {
  'POST /rag/query': 'the writer `ask` of torture/support/writers.ts asks by it, and follows each event',
  'POST /api/chat': 'asks as POST /rag/conversation/:id/query does, in another dialect',
  'POST /v1/chat/completions': 'asks as POST /rag/conversation/:id/query does, in another dialect',
  'POST /messages/:id/stop': 'ends an answer early: whatever is kept of one is right',
  'POST /s/:token/messages/:message/stop': 'ends an answer early: whatever is kept of one is right',
  'POST /documents/:id/cancel':
    'acts on a document that is being read just then, and an upload is killed there',
  'POST /documents/:id/retry': 'acts on a document that has failed, which none does here',
  'POST /documents/:id/questions': 'asks a model, which is asked again where what it said was lost',
  'POST /auth/login': 'a session that is lost is begun anew',
  'POST /auth/refresh': 'a session that is lost is begun anew',
  'POST /auth/logout': 'a session ends by itself',
  'POST /auth/forgot-password': 'its only sign is a letter, and no mail server is there',
  'POST /conversations/:id/retrieve': 'only reads',
  'POST /mcp': 'what its tools write they write by the verbs of other routes',
  'DELETE /mcp': 'always refused: there are no sessions',
};

const page = await startPage();
afterAll(() => page.close());
const app = sharedApp({ env: { TRUST_PROXY: '1', MESSAGES_PER_MINUTE: '1000000', ...fetchesHere } });
let person: Person;
let ground: Ground;
beforeAll(async () => {
  // The first account is the administrator's.
  person = await newPerson((await app()).baseUrl);
  ground = await prepareGround(person, page.url);
});

test('every route that writes is made by a change, or said why not', async () => {
  const writing = routesOf((await app()).app).filter((route) => !/^(GET|OPTIONS) /.test(route));
  const made = new Set(kindsOfChange.map(routeOf));
  expect([...made, ...Object.keys(without)].toSorted()).toEqual(writing);
});

test.each(kindsOfChange)('%s is acknowledged by its route, and found again', async (kind) => {
  const sent = vi.spyOn(globalThis, 'fetch');
  try {
    const verify = await change(kind, person, ground);
    const requests = sent.mock.calls.map(([url, init]) => {
      const path = new URL(url instanceof Request ? url.url : url).pathname;
      return `${init?.method ?? 'GET'} ${path}`;
    });
    const route = new RegExp(`^${routeOf(kind).replace(/:\w+/g, '[^/]+')}$`);
    expect(requests.filter((request) => route.test(request))).not.toEqual([]);
    await verify(person);
  } finally {
    sent.mockRestore();
  }
});
