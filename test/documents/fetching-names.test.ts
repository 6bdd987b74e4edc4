import dns, { type LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { fetchPage } from '../../src/documents/web/fetch-page.ts';
import { createAddressGuard } from '../../src/documents/web/forbidden-addresses.ts';

// The name server belongs to the attacker: it answers each question as it likes. Of this machine's addresses 127.0.0.2
// plays the public one, and 127.0.0.1 what nobody outside may ask.
const allowed = '127.0.0.2';
const inside = '127.0.0.1';
const { lookup } = dns;
const signal = new AbortController().signal;

let site: Server;
let port: number;
let asked: string[];
let lookups = 0;

beforeAll(async () => {
  site = createServer((request, response) => {
    asked.push(request.socket.localAddress ?? '');
    if (request.url === '/again') response.writeHead(302, { location: `http://twice.test:${port}/` }).end();
    else response.end('a page');
  });
  await new Promise<void>((resolve) => site.listen(0, '0.0.0.0', resolve));
  ({ port } = site.address() as AddressInfo);
});
afterEach(() => {
  dns.lookup = lookup;
  syncBuiltinESMExports();
});
afterAll(() => {
  site.close();
});

/** Answers the first question with the first list, the second with the second, and so on. */
function answerNames(...answers: string[][]): void {
  asked = [];
  lookups = 0;
  const answer = (
    _host: string,
    _options: object,
    done: (error: null, addresses: LookupAddress[]) => void,
  ): void => {
    const addresses = answers[Math.min(lookups, answers.length - 1)] ?? [];
    lookups += 1;
    done(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
  dns.lookup = answer as unknown as typeof dns.lookup;
  syncBuiltinESMExports();
}

function fetchFrom(path: string) {
  const guard = createAddressGuard([`${allowed}/32`]);
  return fetchPage(`http://twice.test:${port}${path}`, { guard, timeoutMs: 5_000, maxBytes: 1_000 }, signal);
}

test('a name is asked for once, and connected to as it was checked', async () => {
  answerNames([allowed], [inside]);
  const page = await fetchFrom('/');
  expect(await text(page.content)).toBe('a page');
  expect([lookups, asked]).toEqual([1, [allowed]]);
});

test('a redirect to the same name is checked anew', async () => {
  answerNames([allowed], [inside]);
  await expect(fetchFrom('/again')).rejects.toMatchObject({ code: 'invalid_request' });
  expect([lookups, asked]).toEqual([2, [allowed]]);
});

test('a name with a private address among others is not asked', async () => {
  answerNames([allowed, inside]);
  await expect(fetchFrom('/')).rejects.toMatchObject({ code: 'invalid_request' });
  expect(asked).toEqual([]);
});
