import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import type { App } from './app.ts';

/** Serves the built web app at /dashboard and where links to set a password lead, and sends / there. */
export async function registerWebApp(app: App, folder: string | null): Promise<void> {
  const open = { config: { public: true }, schema: { hide: true } as object };
  app.get('/', open, (_request, reply) => reply.redirect('/dashboard/chatbot'));
  if (folder === null || !existsSync(join(folder, 'index.html'))) {
    for (const url of ['/dashboard/*', '/setup']) app.get(url, open, (_request, reply) => notBuilt(reply));
    return;
  }
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  const policy = policyOf(page);
  await app.register(fastifyStatic, { root: folder, serve: false, cacheControl: false });
  app.get('/_app/*', open, (request, reply) => {
    reply.header(
      'cache-control',
      request.url.includes('/immutable/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    );
    return reply.sendFile(request.url.split('?', 1)[0] ?? '');
  });
  app.get('/favicon.svg', open, (_request, reply) => {
    reply.header('cache-control', 'public, max-age=86400');
    return reply.sendFile('favicon.svg');
  });
  for (const url of ['/dashboard', '/dashboard/*', '/setup']) {
    app.get(url, open, (_request, reply) =>
      reply
        .header('content-security-policy', policy)
        .header('cache-control', 'no-cache')
        .type('text/html; charset=utf-8')
        .send(page),
    );
  }
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
