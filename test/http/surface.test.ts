import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { expectProblemText } from './problem.ts';
import { rawRequest, type RawAnswer, type RawRequest } from './raw-request.ts';
import { routesOf } from './route-table.ts';

// What any caller meets: which routes are open, the headers of every answer, hosts, origins, and the reference offline.

let app: TestApp;
let person: Person;
let conversation: string;

beforeAll(async () => {
  app = await startTestApp();
  person = await newPerson(app.baseUrl);
  conversation = (await person.json<{ id: string }>('POST', '/conversations', {})).body.id;
});

afterAll(() => app?.close());

function send(request: RawRequest): Promise<RawAnswer> {
  return rawRequest(app.baseUrl, request);
}

function signed(headers: Record<string, string> = {}): Record<string, string> {
  return { authorization: `Bearer ${person.token}`, ...headers };
}

/** Routes that answer without credentials. Whoever adds one changes this list, and says why in the review. */
const open = [
  'GET /',
  'GET /_app/*',
  'GET /capabilities',
  'GET /dashboard',
  'GET /dashboard/*',
  'GET /docs',
  'GET /docs/js/scalar.js',
  'GET /docs/js/start.js',
  'GET /favicon.svg',
  'GET /icon-192.png',
  'GET /icon-512.png',
  'GET /licenses.txt',
  'GET /manifest.webmanifest',
  'GET /healthz',
  'GET /login',
  'GET /metrics',
  'GET /openapi.json',
  'GET /readyz',
  'GET /s/:token',
  'GET /setup',
  'POST /auth/accept-invite',
  'POST /auth/forgot-password',
  'POST /auth/login',
  'POST /auth/refresh',
  'POST /auth/register',
  'POST /auth/reset-password',
];

test('what is refused leaves neither a file name nor an unknown path in a log of any level', async () => {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(400).fill(7)]), 'Dismissal of Ada Holm.exe');
  const path = `/conversations/${conversation}/documents`;
  expect((await person.fetch(path, { method: 'POST', body: form })).status).toBe(415);
  expect((await person.fetch('/patients/Ada-Holm?diagnosis=secret')).status).toBe(404);
  expect(app.logs.length).toBeGreaterThan(0);
  expect(app.logs.filter((line) => /Ada|Holm|diagnosis/.test(line))).toEqual([]);
});

test('without credentials every route answers 401, but for a frozen list', async () => {
  const closed: string[] = [];
  const noCredentials: Record<string, string>[] = [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Basic YTpi' },
    { cookie: `alcove_rt=${person.token}` },
  ];
  for (const route of routesOf(app.app)) {
    const [method = '', pattern = ''] = route.split(' ');
    const path = pattern.replace(':id', conversation).replace('*', 'x');
    for (const headers of noCredentials) {
      const answer = await send({
        method,
        path,
        headers: { 'content-type': 'application/json', ...headers },
        body: method === 'GET' ? undefined : '{}',
      });
      if (open.includes(route)) {
        // A body without credentials in it is refused as a body, not for want of a token.
        expect([200, 301, 302, 400, 401, 404, 503], route).toContain(answer.status);
        continue;
      }
      closed.push(route);
      expect(answer.status, route).toBe(401);
    }
  }
  expect(new Set(closed).size).toBeGreaterThan(30);
  const known = routesOf(app.app);
  for (const route of open)
    if (!/dashboard$|login|setup|_app|favicon|icon-|manifest|licenses/.test(route))
      expect(known).toContain(route);
});

test('a token in the query is no token', async () => {
  for (const name of ['token', 'access_token', 'api_key', 'authorization']) {
    expect((await send({ path: `/conversations?${name}=${person.token}` })).status).toBe(401);
  }
});

describe('headers', () => {
  const requests: [string, () => RawRequest, number][] = [
    ['an answer', () => ({ path: '/conversations', headers: signed() }), 200],
    [
      'a new object',
      () => ({
        method: 'POST',
        path: '/conversations',
        headers: signed({ 'content-type': 'application/json' }),
        body: '{}',
      }),
      201,
    ],
    ['no content', () => ({ path: `/api/chat/${conversation}/stream`, headers: signed() }), 204],
    ['a refusal', () => ({ path: '/conversations' }), 401],
    ['a bad request', () => ({ path: '/conversations/x', headers: signed() }), 400],
    ['an unknown route', () => ({ path: '/nothing/here' }), 404],
    [
      'an unknown route below a known one',
      () => ({ path: `/conversations/${conversation}/nothing`, headers: signed() }),
      404,
    ],
    ['a foreign host', () => ({ path: '/conversations', headers: signed({ host: 'evil.example' }) }), 403],
    ['the state of the process', () => ({ path: '/healthz' }), 200],
    ['HEAD', () => ({ method: 'HEAD', path: '/conversations', headers: signed() }), 200],
    [
      'a preflight',
      () => ({ method: 'OPTIONS', path: '/conversations', headers: { origin: 'https://evil.example' } }),
      404,
    ],
  ];

  test.each(requests)('of %s', async (_name, request, status) => {
    const answer = await send(request());
    expect(answer.status, answer.body).toBe(status);
    expect(answer.headers).toMatchObject({
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; frame-ancestors 'none'/);
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+$/);
    expect(answer.headers).not.toHaveProperty('x-powered-by');
    expect(answer.headers).not.toHaveProperty('server');
  });

  test('of a stream', async () => {
    const response = await person.fetch(`/rag/conversation/${conversation}/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'Hello?', stream: true }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('x-request-id')).not.toBeNull();
    expect(await response.text()).toContain('event: done');
  });

  test('the id of a request is the server’s own, and is in its log', async () => {
    const answer = await send({
      path: '/conversations',
      headers: signed({ 'x-request-id': 'chosen-by-me' }),
    });
    const id = String(answer.headers['x-request-id']);
    expect(id).not.toBe('chosen-by-me');
    expect(app.logs.some((line) => line.includes(id) && line.includes('"route":"/conversations"'))).toBe(
      true,
    );
  });

  test('an original is always a download, whatever is in it', async () => {
    const html = '<!doctype html><script>alert(1)</script><p>hello</p>';
    const form = new FormData();
    form.append('conversationId', conversation);
    form.append('file', new File([html], 'page.html', { type: 'text/html' }));
    const { document } = (await (
      await person.fetch('/api/upload', { method: 'POST', body: form })
    ).json()) as { document: { id: string } };
    const answer = await person.fetch(`/documents/${document.id}/content`);
    expect(await answer.text()).toBe(html);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('hosts and origins', () => {
  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example:8000',
    '169.254.169.254',
    'localhost@evil.example',
  ])('Host %j is refused, also for open routes', async (host) => {
    for (const path of ['/conversations', '/healthz', '/', '/docs']) {
      const answer = await send({ path, headers: signed({ host }) });
      expectProblemText(answer.body, answer.status, (name) => answer.headers[name]?.toString(), 'forbidden');
    }
  });

  test.each(['localhost', 'localhost:1234', '127.0.0.1', 'LOCALHOST', '[::1]:8000'])(
    'Host %j is this server',
    async (host) => {
      expect((await send({ path: '/healthz', headers: { host } })).status).toBe(200);
    },
  );

  test('another origin gets no leave to read, and no preflight passes', async () => {
    for (const origin of [
      'https://evil.example',
      'null',
      'http://localhost.evil.example',
      'http://localhost:1',
    ]) {
      const read = await send({ path: '/conversations', headers: signed({ origin }) });
      const preflight = await send({
        method: 'OPTIONS',
        path: '/conversations',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
      for (const { headers } of [read, preflight]) {
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
      }
      expect(preflight.status).toBe(404);
    }
  });
});

describe('for operators and newcomers', () => {
  test('/healthz and /readyz say that it lives and can serve', async () => {
    expect(JSON.parse((await send({ path: '/healthz' })).body)).toEqual({ status: 'ok' });
    const ready = await send({ path: '/readyz' });
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toEqual({
      status: 'ready',
      checks: {
        database: { ok: true },
        migrations: { ok: true },
        worker: { ok: true },
        server: { ok: true },
      },
    });
  });

  test('/capabilities says what is switched off, and by which setting it is turned on', async () => {
    const capabilities = JSON.parse((await send({ path: '/capabilities' })).body) as Record<string, unknown>;
    expect(capabilities).toMatchObject({
      chat_model: null,
      chat_models: [],
      embedding_model: null,
      registration: 'open',
      first_run: false,
    });
    expect(JSON.stringify(capabilities['notices'])).toMatch(/LLM_BASE_URL.*EMBEDDING_BASE_URL/);
    expect(JSON.stringify(capabilities)).not.toContain(app.dataDir);
  });

  test('/openapi.json is OpenAPI 3.1, and every operation has a summary and names its problem documents', async () => {
    const answer = await send({ path: '/openapi.json' });
    expect(answer.status).toBe(200);
    const document = JSON.parse(answer.body) as {
      openapi: string;
      paths: Record<string, Record<string, { summary?: string; responses: object }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, value]) => ({ name: `${method} ${path}`, value })),
    );
    expect(operations.length).toBeGreaterThan(35);
    for (const { name, value } of operations) {
      expect(value.summary, name).toMatch(/\w/);
      expect(value.responses, name).toHaveProperty('default');
    }
  });

  test('the reference at /docs needs nothing from anywhere else', async () => {
    expect((await fetch(`${app.baseUrl}/docs`)).url).toBe(`${app.baseUrl}/docs/`);
    const page = await send({ path: '/docs/' });
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toMatch(/default-src 'self'/);
    const loaded = [...page.body.matchAll(/(?:src|href)\s*=\s*["']([^"']+)["']/g)].map(
      (match) => match[1] ?? '',
    );
    const scripts = loaded.filter((url) => !url.startsWith('data:'));
    expect(scripts.length).toBeGreaterThan(0);
    for (const url of scripts) {
      const target = new URL(url, `${app.baseUrl}/docs/`);
      expect(target.origin).toBe(app.baseUrl);
      expect((await fetch(target)).status, url).toBe(200);
    }
    expect(page.body).toContain('/openapi.json');
    expect(page.headers['content-security-policy']).toMatch(/script-src 'self';/);
    for (const script of page.body.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)) {
      expect(script[1]).toMatch(/ src="/);
      expect(script[2]).toBe('');
    }
  });
});
