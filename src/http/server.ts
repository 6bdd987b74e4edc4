import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import multipart from '@fastify/multipart';
import Fastify, { type FastifyBaseLogger, type FastifySerializerCompiler, LogController } from 'fastify';
import { ResponseSerializationError, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { createServer as createHttpServer } from 'node:http';
import type { z } from 'zod';
import { newId } from '../db/ids.ts';
import { AppError } from '../errors.ts';
import type { App } from './app.ts';
import { registerAuth } from './auth.ts';
import type { HttpDeps } from './deps.ts';
import { registerErrors } from './errors.ts';
import { printExact } from './exact-json.ts';
import { registerIdempotency } from './idempotency.ts';
import { registerJsonBody, refuseBadString } from './json-body.ts';
import { registerOpenApi, registerReference } from './openapi.ts';
import { registerRateLimits } from './rate-limits.ts';
import { accountRoutes } from './routes/accounts.ts';
import { adminRoutes } from './routes/admin.ts';
import { allDocumentRoutes } from './routes/all-documents.ts';
import { answerRoutes } from './routes/answers.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { branchRoutes } from './routes/branches.ts';
import { chatRoutes } from './routes/chat.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { exportRoutes } from './routes/exports.ts';
import { importRoutes } from './routes/imports.ts';
import { deletionRoutes } from './routes/deletions.ts';
import { documentContentRoutes } from './routes/document-content.ts';
import { documentRoutes } from './routes/documents.ts';
import { eventRoutes } from './routes/events.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { mcpRoutes } from './routes/mcp.ts';
import { openAiRoutes } from './routes/openai.ts';
import { organisingRoutes } from './routes/organising.ts';
import { questionRoutes } from './routes/questions.ts';
import { oversightRoutes } from './routes/oversight.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { setupRoutes } from './routes/setup.ts';
import { searchRoutes } from './routes/search.ts';
import { sharedLinkRoutes } from './routes/shared-links.ts';
import { shareRoutes } from './routes/shares.ts';
import { statisticsRoutes } from './routes/statistics.ts';
import { takingPartRoutes } from './routes/taking-part.ts';
import { systemRoutes } from './routes/system.ts';
import { traceRoutes } from './routes/traces.ts';
import { registerSecurity } from './security.ts';
import { registerShutdown } from './shutdown.ts';
import { registerStrictInput } from './strict-input.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { registerTracing } from './tracing.ts';
import { registerWebApp } from './web-app.ts';

const maxJsonBytes = 1024 * 1024;
/** Slow headers and bodies may not hold a connection for ever; an upload of 50 MB on a slow line takes minutes. */
const requestTimeoutMs = 300_000;
/** Longer than any load balancer keeps one (Google's: 600 s): it would send a request on what is just being closed. */
const keepAliveTimeoutMs = 620_000;
const serverOptions = {
  keepAliveTimeout: keepAliveTimeoutMs,
  headersTimeout: 20_000,
  requestTimeout: requestTimeoutMs,
  connectionsCheckingInterval: 5_000,
};

/** The HTTP server with all its routes, not listening yet. */
export async function createServer(deps: HttpDeps, logger: FastifyBaseLogger): Promise<App> {
  const app = Fastify({
    loggerInstance: logger,
    genReqId: () => newId(),
    requestIdHeader: false,
    bodyLimit: maxJsonBytes,
    trustProxy: trustProxy(deps.config.trustProxy),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    serverFactory: (handler) => createHttpServer(serverOptions, handler),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  }).withTypeProvider<ZodTypeProvider>() as App;
  app.setSerializerCompiler(exactSerializer);
  registerErrors(app);
  registerStrictInput(app);
  registerSecurity(app, deps.config);
  registerShutdown(app, deps.shutdown);
  registerRequestLog(app, deps.metrics?.telemetry);
  if (deps.config.tracing) registerTracing(app);
  registerJsonBody(app);
  if (deps.config.corsOrigins.length > 0)
    await app.register(cors, { origin: deps.config.corsOrigins, credentials: false });
  await app.register(cookie);
  await app.register(multipart, {
    limits: {
      fileSize: deps.config.limits.uploadBytes + 1,
      files: 100,
      fields: 50,
      headerPairs: 100,
      parts: 150,
    },
    throwFileSizeLimit: false,
  });
  await registerOpenApi(app, deps.version, deps.config.publicUrl);
  registerAuth(app, deps.identity);
  refuseBadQueries(app);
  await registerRateLimits(app, deps.requestCounts);
  registerIdempotency(app, deps.db);
  // Before the routes: a link that is opened in a browser is a page first.
  if (deps.config.role !== 'worker') await registerWebApp(app, deps.webFolder);
  await app.register(async (routes) => {
    const typed = routes.withTypeProvider<ZodTypeProvider>() as App;
    systemRoutes(typed, deps);
    metricsRoutes(typed, deps);
    // A worker is asked for its health and its figures only.
    if (deps.config.role === 'worker') return;
    accountRoutes(typed, deps);
    apiKeyRoutes(typed, deps);
    sessionRoutes(typed, deps);
    setupRoutes(typed, deps);
    adminRoutes(typed, deps);
    oversightRoutes(typed, deps);
    conversationRoutes(typed, deps);
    statisticsRoutes(typed, deps);
    deletionRoutes(typed, deps);
    uploadRoutes(typed, deps);
    allDocumentRoutes(typed, deps);
    documentRoutes(typed, deps);
    documentContentRoutes(typed, deps);
    questionRoutes(typed, deps);
    answerRoutes(typed, deps);
    branchRoutes(typed, deps);
    traceRoutes(typed, deps);
    eventRoutes(typed, deps);
    chatRoutes(typed, deps);
    openAiRoutes(typed, deps);
    organisingRoutes(typed, deps);
    mcpRoutes(typed, deps);
    searchRoutes(typed, deps);
    shareRoutes(typed, deps);
    exportRoutes(typed, deps);
    importRoutes(typed, deps);
    sharedLinkRoutes(typed, deps);
    takingPartRoutes(typed, deps);
  });
  if (deps.config.role !== 'worker') registerReference(app);
  await app.ready();
  return app;
}

/**
 * What goes out is what the contract names: anything else is dropped, and what does not agree with it is an error of
 * ours. Parsed, not encoded as the library would: no response has a codec, and zod compiles parsing alone.
 */
const exactSerializer: FastifySerializerCompiler<z.ZodType> = ({ schema, method, url }) => {
  return (data) => {
    const { data: named, error } = schema.safeParse(data);
    if (error !== undefined) throw new ResponseSerializationError(method, url, { cause: error });
    return printExact(JSON.stringify(named));
  };
};

/** One line a request: the route's pattern, not its path, so that no id or query text lands in the log at info. */
function registerRequestLog(app: App, telemetry: Telemetry | undefined): void {
  app.addHook('onResponse', async (request, reply) => {
    const fields = {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      user: request.principal?.scope.userId,
    };
    telemetry?.requested({
      method: fields.method,
      route: fields.route,
      status: fields.status,
      ms: reply.elapsedTime,
    });
    // What is away for a while is said once, by whoever found out.
    if (reply.statusCode >= 500 && reply.statusCode !== 503) request.log.warn(fields, 'request failed');
    else request.log.info(fields, 'request');
  });
}

function refuseBadQueries(app: App): void {
  app.addHook('preValidation', async (request) => {
    refuseBadEncoding(request.url);
    for (const [name, value] of Object.entries((request.query ?? {}) as Record<string, unknown>)) {
      if (typeof value === 'string') refuseBadString(value, name);
    }
  });
}

/** The query parser would keep a broken escape as it stands: a text that nobody has sent. */
function refuseBadEncoding(url: string): void {
  const at = url.indexOf('?');
  if (at === -1) return;
  try {
    decodeURIComponent(url.slice(at + 1));
  } catch (cause) {
    throw new AppError('invalid_request', 'The query is not valid percent-encoded UTF-8.', { cause });
  }
}

function trustProxy(
  setting: string | undefined,
): boolean | string | ((address: string, hop: number) => boolean) {
  if (setting === undefined) return false;
  const hops = Number(setting);
  return Number.isInteger(hops) ? (_address, hop) => hop < hops : setting;
}
