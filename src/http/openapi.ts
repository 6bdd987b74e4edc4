import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import { jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from './app.ts';
import { completeOpenApi, sharedComponents } from './complete-openapi.ts';
import { describeRoute } from './describe-route.ts';

/** What each tag of the routes stands for, in the order of the reference. */
const tags = [
  { name: 'accounts', description: 'Signing in, the account, and API keys.' },
  { name: 'conversations', description: 'Conversations, their messages and their statistics.' },
  { name: 'documents', description: 'The files of a conversation: uploading, following and reading them.' },
  { name: 'asking', description: 'Questions, answers as they are written, and retrieval alone.' },
  { name: 'organising', description: 'Projects, and templates to begin conversations with.' },
  { name: 'search', description: 'Search over titles, messages and passages of the caller.' },
  { name: 'sharing', description: 'Links that show a conversation as it was when they were made.' },
  { name: 'export and import', description: 'Taking conversations along, here and from elsewhere.' },
  { name: 'openai', description: "Conversations for clients of OpenAI's chat completions." },
  { name: 'mcp', description: 'Conversations for clients of the Model Context Protocol.' },
  { name: 'events', description: 'What changes, told as it happens.' },
  { name: 'administration', description: 'For administrators of this server.' },
  { name: 'system', description: 'What this server is and whether it is well.' },
];

/** The document at /openapi.json comes from the same schemas that validate requests and filter responses. */
export async function registerOpenApi(
  app: App,
  version: string,
  publicUrl: string | undefined,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Alcove',
        version,
        description: 'Conversations that keep their own documents.',
        contact: { name: 'The operator of this server' },
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl ?? '/', description: 'This server' }],
      tags,
      components: {
        ...sharedComponents,
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An access token or an API key.' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
        },
      },
      security: [{ bearer: [] }, { apiKey: [] }],
    },
    transform: describeRoute,
    transformObject: (input) => completeOpenApi(jsonSchemaTransformObject(input)),
  });
}

/** Scalar writes its styles into the page; scripts come from this origin, in files of their own. */
const referencePolicy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

const referencePage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Alcove: API reference</title>
  </head>
  <body>
    <div id="app"></div>
    <noscript>This page needs scripts; the API as a document is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    <script src="/docs/js/scalar.js"></script>
    <script src="/docs/js/start.js"></script>
  </body>
</html>
`;
const referenceStart = `Scalar.createApiReference('#app', ${JSON.stringify({
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
})});
`;

/** The interactive reference takes 17 MB of memory: it is loaded by the first who looks at it. */
export function registerReference(app: App): void {
  const open = { config: { public: true }, schema: { hide: true } };
  app.get('/openapi.json', open, async () => app.swagger());
  let loading: Promise<FastifyInstance> | undefined;
  app.addHook('onClose', async () => (await loading)?.close());
  app.get('/docs', open, (request, reply) =>
    request.url.split('?', 1)[0] === '/docs'
      ? reply.redirect('/docs/')
      : reply
          .header('content-security-policy', referencePolicy)
          .type('text/html; charset=utf-8')
          .send(referencePage),
  );
  app.get('/docs/js/start.js', open, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(referenceStart),
  );
  app.get('/docs/js/scalar.js', open, async (request, reply) => {
    loading ??= openReference();
    const script = await (await loading).inject({ method: 'GET', url: request.url });
    return reply.code(script.statusCode).type('text/javascript; charset=utf-8').send(script.rawPayload);
  });
}

async function openReference(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const reference = fastify();
  await reference.register(scalar, { routePrefix: '/docs', configuration: { url: '/openapi.json' } });
  return reference;
}
