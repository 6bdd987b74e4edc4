import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPerson, startTestApp, type TestApp } from '../support/app.ts';

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes: { key: string; value: unknown }[];
}

const received: Span[] = [];
const bodies: string[] = [];
const collector = createServer((request, response) => {
  void text(request).then((body) => {
    const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    bodies.push(body);
    received.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
    response.end('{}');
  });
});
let app: TestApp;
let before: string | undefined;

beforeAll(async () => {
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  // The exporter reads the process's own environment, as the standard says.
  before = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = endpoint;
  app = await startTestApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
});
afterAll(async () => {
  if (before === undefined) delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  await app.close();
  collector.close();
});

test('a question is one trace: request, answer and retrieval, below the caller’s, without anybody’s words', async () => {
  const person = await newPerson(app.baseUrl);
  const { body } = await person.json<{ id: string }>('POST', '/conversations');
  const form = new FormData();
  form.append('file', new File(['The Zanzibarium has 73 cranes.'], 'Zanzibarium.txt'));
  await person.fetch(`/conversations/${body.id}/documents?wait=ready`, { method: 'POST', body: form });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const answer = await person.fetch(`/rag/conversation/${body.id}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body: JSON.stringify({ query: 'How many cranes has the Zanzibarium?' }),
  });
  expect(answer.status).toBe(200);
  await app.stop();

  const named = (name: string) => received.find((span) => span.traceId === traceId && span.name === name);
  const request = named('POST /rag/conversation/:id/query');
  expect(request?.parentSpanId).toBe('b7ad6b7169203331');
  expect(named('answer')?.parentSpanId).toBe(request?.spanId);
  expect(named('retrieve')?.parentSpanId).toBe(named('answer')?.spanId);
  expect(received.map(({ name }) => name)).toContain('work ingest');
  for (const own of ['Zanzibarium', 'cranes', person.id, person.email, body.id])
    expect(bodies.join('')).not.toContain(own);
});
