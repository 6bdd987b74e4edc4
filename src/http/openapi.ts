import swagger from '@fastify/swagger';
import fastify, { type FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { App } from './app.ts';

/** The document at /openapi.json comes from the same schemas that validate requests and filter responses. */
export async function registerOpenApi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Alcove', version, description: 'Conversations that keep their own documents.' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (input) => tidy(jsonSchemaTransformObject(input)),
  });
}

interface OpenApiDocument {
  paths?: Record<string, Record<string, { responses?: Record<string, unknown> }>>;
  components?: { schemas?: Record<string, unknown> };
}

/** Drops schemas that nothing refers to (each has an unused twin for input), and names the error of every route. */
function tidy<T>(document: T): T {
  // Safe: the plug-in has just made this OpenAPI document; only these two parts are read.
  const { paths = {}, components } = document as OpenApiDocument;
  const problem = {
    description: 'A problem document (RFC 9457)',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  for (const path of Object.values(paths)) {
    for (const operation of Object.values(path))
      operation.responses = { ...operation.responses, default: problem };
  }
  const schemas = components?.schemas ?? {};
  for (let removed = true; removed;) {
    removed = false;
    const text = JSON.stringify(document);
    for (const name of Object.keys(schemas)) {
      if (text.includes(`"#/components/schemas/${name}"`)) continue;
      delete schemas[name];
      removed = true;
    }
  }
  return document;
}

/** The reference is one page with its own inline script and styles; nothing of it comes from another host. */
const referencePolicy =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/** The interactive reference takes 17 MB of memory: it is loaded by the first who looks at it. */
export function registerReference(app: App): void {
  app.get('/openapi.json', { config: { public: true }, schema: { hide: true } }, async () => app.swagger());
  let loading: Promise<FastifyInstance> | undefined;
  app.addHook('onClose', async () => (await loading)?.close());
  for (const path of ['/docs', '/docs/js/scalar.js']) {
    app.get(path, { config: { public: true }, schema: { hide: true } }, async (request, reply) => {
      loading ??= openReference();
      const page = await (await loading).inject({ method: 'GET', url: request.url });
      const type = page.headers['content-type'];
      const { location } = page.headers;
      if (type !== undefined) reply.header('content-type', type);
      if (location !== undefined) reply.header('location', location);
      return reply
        .code(page.statusCode)
        .header('content-security-policy', referencePolicy)
        .send(page.rawPayload);
    });
  }
}

async function openReference(): Promise<FastifyInstance> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const reference = fastify();
  await reference.register(scalar, {
    routePrefix: '/docs',
    configuration: {
      url: '/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
    },
  });
  return reference;
}
