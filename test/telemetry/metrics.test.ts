import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPerson, type Person, startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp;
let person: Person;
let conversation: string;
const secret = 'Zanzibarium-4711';

beforeAll(async () => {
  app = await startTestApp();
  person = await newPerson(app.baseUrl);
  const { body } = await person.json<{ id: string }>('POST', '/conversations');
  conversation = body.id;
  const form = new FormData();
  form.append('file', new File([`The harbour of ${secret} has 73 cranes.`], `${secret}.txt`));
  const path = `/conversations/${conversation}/documents?wait=ready`;
  await person.fetch(path, { method: 'POST', body: form });
  await person.json('POST', `/rag/conversation/${conversation}/query`, {
    query: 'How many cranes are there?',
  });
});
afterAll(() => app.close());

async function metricsOf(server: TestApp, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.baseUrl}/metrics`, { headers });
}

/** The value of the first series that begins with this name and has these labels. */
function valueOf(text: string, name: string, labels = ''): number {
  const line = text.split('\n').find((one) => one.startsWith(name) && one.includes(labels));
  return Number(line?.split(' ').at(-1));
}

test('figures of requests, answers, retrieval, work, caches, connections and the process are there', async () => {
  const response = await metricsOf(app);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  const one = (name: string, labels?: string) => expect(valueOf(text, name, labels)).toBe(1);
  one('alcove_http_request_seconds_count', 'method="POST",route="/rag/conversation/:id/query",status="200"');
  one('alcove_answer_seconds_count', 'mode="documents",status="complete"');
  one('alcove_answer_first_word_seconds_count', 'mode="documents"');
  one('alcove_retrievals_total', 'cache="miss"');
  one('alcove_retrieval_stage_seconds_count', 'stage="keyword"');
  one('alcove_work_seconds_count', 'kind="ingest",outcome="done"');
  expect(valueOf(text, 'alcove_cache_bytes', 'cache="segments"')).toBeGreaterThan(0);
  expect(valueOf(text, 'alcove_database_connections', 'state="idle"')).toBeGreaterThanOrEqual(0);
  expect(valueOf(text, 'alcove_running_answers')).toBe(0);
  expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e7);
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
  expect(text).toMatch(/alcove_info\{version="[^"]+",database="\w+",role="all"\} 1/);
});

test('the first reading tells what waits, and for how long', async () => {
  const waiting = await startTestApp({ env: { ROLE: 'web' } });
  try {
    const someone = await newPerson(waiting.baseUrl);
    const { body } = await someone.json<{ id: string }>('POST', '/conversations');
    const path = `/conversations/${body.id}/documents`;
    await someone.json('POST', path, { name: 'a.txt', text: 'The harbour has 73 cranes.' });
    const text = await (await metricsOf(waiting)).text();
    expect(valueOf(text, 'alcove_work_due', 'kind="ingest"')).toBeGreaterThanOrEqual(1);
    expect(valueOf(text, 'alcove_work_oldest_due_seconds', 'kind="ingest"')).toBeGreaterThanOrEqual(0);
  } finally {
    await waiting.close();
  }
});

test('nothing in them is anybody’s: no id, name, word or address', async () => {
  await person.fetch(`/conversations/${conversation}`);
  await person.fetch(`/nothing/${secret}/here`);
  const text = await (await metricsOf(app)).text();
  for (const own of [person.id, conversation, secret, person.email, 'cranes'])
    expect(text).not.toContain(own);
});

test('with METRICS_TOKEN they need it', async () => {
  const guarded = await startTestApp({ env: { METRICS_TOKEN: 'scrape-me-every-15-s' } });
  try {
    expect((await metricsOf(guarded)).status).toBe(401);
    expect((await metricsOf(guarded, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await metricsOf(guarded, { authorization: 'Bearer scrape-me-every-15-s' })).status).toBe(200);
  } finally {
    await guarded.close();
  }
});

test('the Grafana dashboard asks only for figures that are there', async () => {
  const dashboard = await readFile(new URL('../../deploy/grafana-dashboard.json', import.meta.url), 'utf8');
  const asked = new Set(dashboard.match(/\b(?:alcove|nodejs|process)_\w+/g));
  const text = await (await metricsOf(app)).text();
  expect(asked.size).toBeGreaterThan(12);
  for (const name of asked) expect(text).toContain(`\n# TYPE ${name.replace(/_(?:count|bucket)$/, '')} `);
});
