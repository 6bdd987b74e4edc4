import { mcpMessage } from '@alcove/contract';
import { createMcpHandler } from '@modelcontextprotocol/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { App } from '../app.ts';
import { callerGone } from '../caller-gone.ts';
import type { HttpDeps } from '../deps.ts';
import { mcpServer } from '../mcp-tools.ts';
import { perMinute } from '../rate-limits.ts';

const tags = ['mcp'];
/** For each message that a person may send in a minute: a question needs some looking around first. */
const callsPerMessage = 10;

/** Conversations and their documents for MCP clients: streamable HTTP without sessions, so that any replica serves. */
export function mcpRoutes(app: App, deps: HttpDeps): void {
  // What a call may do is decided by its tool: a read-only key sees those that read.
  const config = { conversation: true, lenient: true };

  app.post(
    '/mcp',
    {
      config: {
        ...config,
        readOnly: true,
        ...perMinute(deps.config.limits.messagesPerMinute * callsPerMessage, 'mcp'),
      },
      schema: {
        tags,
        operationId: 'callMcp',
        summary: 'Model Context Protocol',
        description:
          'JSON-RPC of MCP over streamable HTTP, without sessions: tools to list, search, read and ask. The credential decides what they reach.',
        body: mcpMessage,
        response: { 200: z.unknown(), 202: z.unknown() },
      },
    },
    async (request, reply) => {
      // Whoever has left waits for nothing any more.
      const closing = AbortSignal.any([deps.closing, callerGone(reply)]);
      const handler = createMcpHandler(() => mcpServer(request, { ...deps, closing }), {
        // Nothing changes while a request lasts, so there is nothing to subscribe to.
        maxSubscriptions: 0,
        onerror: (error) => request.log.debug({ err: error }, 'MCP request refused'),
      });
      const response = await handler.fetch(webRequest(request), { parsedBody: request.body });
      return send(response, reply);
    },
  );

  // Clients ask for a stream and for the end of a session in this way, and go on without them.
  for (const method of ['GET', 'DELETE'] as const) {
    app.route({
      method,
      url: '/mcp',
      config,
      schema: { hide: true },
      handler: () => {
        throw new AppError('method_not_allowed', 'MCP is served here by POST alone, without sessions.');
      },
    });
  }
}

/** What the protocol's library asks of a request's head; clients that do not say what they accept get JSON. */
function webRequest(request: FastifyRequest): Request {
  const headers = new Headers({
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  });
  for (const [name, value] of Object.entries(request.headers))
    if (typeof value === 'string' && /^(mcp-|last-event-id)/.test(name)) headers.set(name, value);
  return new Request(`http://${request.host}/mcp`, { method: 'POST', headers });
}

/** The whole response: one body, or one event in the older protocol, as no tool tells anything before its result. */
async function send(response: Response, reply: FastifyReply): Promise<FastifyReply> {
  const type = response.headers.get('content-type');
  if (type !== null) reply.header('content-type', type);
  const text = await response.text();
  return reply
    .code(response.status)
    .serializer((body: unknown) => body as string)
    .send(text);
}
