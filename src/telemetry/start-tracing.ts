import { context, propagation, trace } from '@opentelemetry/api';
import type * as Exporter from '@opentelemetry/exporter-trace-otlp-http';
import type * as Sdk from '@opentelemetry/sdk-trace-node';

/**
 * Sends spans to the collector that the standard variables (`OTEL_EXPORTER_OTLP_*`, `OTEL_SERVICE_NAME`,
 * `OTEL_TRACES_SAMPLER`) name.
 * @returns flushes what is left and ends
 * @throws Error that says how, when the optional packages are not installed
 */
export async function startTracing(): Promise<() => Promise<void>> {
  let sdk: typeof Sdk;
  let exporter: typeof Exporter;
  try {
    sdk = await import('@opentelemetry/sdk-trace-node');
    exporter = await import('@opentelemetry/exporter-trace-otlp-http');
  } catch (cause) {
    throw new Error(
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, and traces need two more packages: npm install @opentelemetry/sdk-trace-node @opentelemetry/exporter-trace-otlp-http',
      { cause },
    );
  }
  const provider = new sdk.NodeTracerProvider({
    spanProcessors: [new sdk.BatchSpanProcessor(new exporter.OTLPTraceExporter())],
  });
  provider.register();
  return async () => {
    await provider.shutdown();
    for (const api of [trace, context, propagation]) api.disable();
  };
}
