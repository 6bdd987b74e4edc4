import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './app.ts';

/** Where the web app's one page is served; what it shows there it decides by itself. */
const pages = ['/dashboard', '/dashboard/*', '/setup', '/login'];
/** The API has this address too: a person who follows the link gets the page, which then asks the API. */
const sharedLink = /^\/s\/[\w-]{43}\/?(?:\?|$)/;
/** Files beside the page, by their names at the root. */
const rootFiles = [
  '/favicon.svg',
  '/manifest.webmanifest',
  '/icon-192.png',
  '/icon-512.png',
  '/licenses.txt',
];
/** A worker has the policy that its own file comes with: the one of PDF files decodes pictures with WebAssembly. */
const filePolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

/** Serves the built web app at /dashboard and where links to it lead, and sends / there. */
export async function registerWebApp(app: App, folder: string | null): Promise<void> {
  const open = { config: { public: true }, schema: { hide: true } as object };
  app.get('/', open, (_request, reply) => reply.redirect('/dashboard/chatbot'));
  if (folder === null || !existsSync(join(folder, 'index.html'))) {
    for (const url of pages) app.get(url, open, (_request, reply) => notBuilt(reply));
    return;
  }
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  const policy = policyOf(page);
  const compressed = brotliCompressSync(page);
  // The build has compressed what can be: nothing is compressed for a request.
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    cacheControl: false,
    preCompressed: true,
  });
  app.get('/_app/*', open, (request, reply) => {
    reply.header(
      'cache-control',
      request.url.includes('/immutable/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    reply.header('content-security-policy', filePolicy);
    return reply.sendFile(request.url.split('?', 1)[0] ?? '');
  });
  for (const url of rootFiles.filter((name) => existsSync(join(folder, name)))) {
    app.get(url, open, (_request, reply) => {
      reply.header('cache-control', 'public, max-age=86400');
      return reply.sendFile(url.slice(1));
    });
  }
  for (const url of pages) app.get(url, open, sendPage);
  // What is answered here goes no further: `done` is for the others.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'GET' || !sharedLink.test(request.url) || !isForPerson(request)) return done();
    reply.headers({ 'x-robots-tag': 'noindex, nofollow, noarchive' });
    sendPage(request, reply);
  });

  function sendPage(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    reply.headers({
      'content-security-policy': policy,
      'cache-control': 'no-cache',
      'content-type': 'text/html; charset=utf-8',
      vary: 'accept, accept-encoding',
    });
    if (!takesBrotli(request)) return reply.send(page);
    return reply.header('content-encoding', 'br').send(compressed);
  }
}

/** Browsers ask for HTML first when they open an address, and for anything when a page fetches it. */
function isForPerson({ headers }: FastifyRequest): boolean {
  return headers.accept?.startsWith('text/html') === true;
}

function takesBrotli({ headers }: FastifyRequest): boolean {
  const accepted = headers['accept-encoding'] ?? '';
  return accepted
    .split(',')
    .some((one) => /^\s*br\s*(?:;\s*q=(?:1|0?\.\d*[1-9]))?/.test(one) && !/q=0(?:\.0*)?\s*$/.test(one));
}

/** The policy that the build has written into the page, with its script's hash, and what only a header can say. */
function policyOf(page: string): string {
  const meta = /<meta http-equiv="content-security-policy" content="([^"]+)"/.exec(page)?.[1];
  if (meta === undefined) throw new Error('the built web app has no content security policy: build it again');
  return `${meta.replaceAll('&#39;', "'").replaceAll('&quot;', '"')}; frame-ancestors 'none'`;
}

function notBuilt(reply: FastifyReply): FastifyReply {
  return reply
    .code(503)
    .type('text/plain; charset=utf-8')
    .send(
      'The web app is not built: run "npm run build -w web" and start again. The HTTP API works without it: see /docs.\n',
    );
}
