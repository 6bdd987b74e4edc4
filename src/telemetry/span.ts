import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

// Without an OpenTelemetry SDK, which `start-tracing.ts` loads by setting, everything here does nothing.

const tracer = trace.getTracer('alcove');

type Attributes = Record<string, string | number | boolean>;

/** Runs `work` inside a span of this name: never with ids of users, names of files or any text. */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: nameOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Begins the span of a request below the caller's trace; `next` runs inside it, and what is called from there. */
export function startRequestSpan(headers: Record<string, unknown>, method: string, next: () => void): Span {
  const parent = propagation.extract(context.active(), headers);
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER }, parent);
  context.with(trace.setSpan(parent, span), next);
  return span;
}

/** The class or code alone: a message may quote what a user has written. */
function nameOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.constructor.name;
}
