import type { Span } from '@opentelemetry/api';
import { startRequestSpan } from '../telemetry/span.ts';
import type { App } from './app.ts';

/** A span for each request, below the caller's trace where it names one. Paths and queries stay out: they hold ids. */
export function registerTracing(app: App): void {
  const spans = new WeakMap<object, Span>();
  app.addHook('onRequest', (request, _reply, done) => {
    const span = startRequestSpan(request.headers, request.method, done);
    spans.set(request, span);
  });
  app.addHook('onResponse', async (request, reply) => {
    const span = spans.get(request);
    if (span === undefined) return;
    const route = request.routeOptions.url ?? 'none';
    span.updateName(`${request.method} ${route}`);
    span.setAttributes({
      'http.request.method': request.method,
      'http.route': route,
      'http.response.status_code': reply.statusCode,
      'alcove.request_id': request.id,
    });
    span.end();
  });
}
