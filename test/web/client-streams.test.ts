import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AlcoveError, createClient, isAlcoveError, type NumberedAnswerEvent } from '@alcove/client';
import { afterEach, describe, expect, test } from 'vitest';

let server: Server | undefined;
afterEach(() => server?.close());

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(handler: Handler, onUnauthenticated?: () => Promise<boolean>) {
  server = createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server?.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return createClient({ baseUrl: `http://127.0.0.1:${port}/`, token: () => 'key', onUnauthenticated });
}

const message = { conversation_id: 'c', message_id: 'm', user_message_id: 'u', mode: 'llm' };

function write(response: ServerResponse, id: number, type: string, data: object): void {
  response.write(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
}

function openStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
}

async function collect(events: AsyncIterable<NumberedAnswerEvent>): Promise<NumberedAnswerEvent[]> {
  const all: NumberedAnswerEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('the client', () => {
  test('a broken answer is taken up at the next event, without a gap or a repetition', async () => {
    const resumedAt: (string | undefined)[] = [];
    const alcove = await serve((request, response) => {
      openStream(response);
      if (request.method === 'POST') {
        write(response, 1, 'message', message);
        write(response, 2, 'delta', { text: 'one ' });
        response.write(': ping\n\nid: 3\nevent: delta\ndata: {"type":"del');
        setTimeout(() => response.destroy(), 20);
        return;
      }
      resumedAt.push(request.headers['last-event-id'] as string | undefined);
      write(response, 2, 'delta', { text: 'one ' });
      write(response, 3, 'delta', { text: 'two\n\nevent: done' });
      if (resumedAt.length === 1) {
        setTimeout(() => response.destroy(), 20);
        return;
      }
      write(response, 4, 'done', { answer: { answer: 'one two' } });
      response.end();
    });
    const reconnecting: boolean[] = [];
    const onReconnecting = (is: boolean) => void reconnecting.push(is);
    const events = await collect(alcove.asking.stream('c', { query: 'q' }, { onReconnecting }));
    expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4]);
    expect(events[2]).toMatchObject({ type: 'delta', text: 'two\n\nevent: done' });
    expect(resumedAt).toEqual(['2', '3']);
    expect(reconnecting).toEqual([true, false]);
  });

  test.each([502, 503, 504])('a proxy that answers %i for a while does not end an answer', async (status) => {
    let asked = 0;
    const alcove = await serve((request, response) => {
      if (request.method === 'POST') {
        openStream(response);
        write(response, 1, 'message', message);
        setTimeout(() => response.destroy(), 20);
        return;
      }
      asked += 1;
      if (asked === 1) {
        response.writeHead(status, { 'content-type': 'text/html' }).end('<html>Not now</html>');
        return;
      }
      openStream(response);
      write(response, 2, 'done', { answer: { answer: 'one' } });
      response.end();
    });
    const events = await collect(alcove.asking.stream('c', { query: 'q' }));
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(asked).toBe(2);
  });

  test('a stream that says that nothing more comes ends at once', async () => {
    let asked = 0;
    const alcove = await serve((_request, response) => {
      asked += 1;
      response.writeHead(204).end();
    });
    expect(await collect(alcove.asking.follow('m', { after: 4 }))).toEqual([]);
    expect(asked).toBe(1);
  }, 5_000);

  test('an answer that never began is not asked twice', async () => {
    let asked = 0;
    const alcove = await serve((_request, response) => {
      asked += 1;
      response.destroy();
    });
    await expect(collect(alcove.asking.stream('c', { query: 'q' }))).rejects.toMatchObject({
      code: 'network',
    });
    expect(asked).toBe(1);
  });

  test('aborting ends the loop with the reason of the signal', async () => {
    const alcove = await serve((_request, response) => {
      openStream(response);
      write(response, 1, 'message', message);
    });
    const controller = new AbortController();
    const events = alcove.asking.stream('c', { query: 'q' }, { signal: controller.signal });
    await events.next();
    controller.abort(new Error('enough'));
    await expect(events.next()).rejects.toThrow('enough');
  });

  test('a refusal carries everything that the problem document says', async () => {
    const alcove = await serve((_request, response) => {
      response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '7' });
      const issues = [{ path: 'query', message: 'too long' }];
      response.end(
        JSON.stringify({ code: 'rate_limited', error: 'Slow down.', status: 429, request_id: 'r', issues }),
      );
    });
    const error = await alcove.capabilities().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AlcoveError);
    expect(isAlcoveError(error, 'rate_limited')).toBe(true);
    expect(error).toMatchObject({ status: 429, retryAfter: 7, requestId: 'r', message: 'Slow down.' });
    expect(error).toMatchObject({ issues: [{ path: 'query', message: 'too long' }] });
  });

  test('a page of a proxy is a protocol error with its status', async () => {
    const alcove = await serve((_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      response.end('<html>Bad gateway</html>');
    });
    await expect(alcove.capabilities()).rejects.toMatchObject({ status: 502, code: 'protocol' });
  });

  test('an expired token is renewed once and the request repeated', async () => {
    let requests = 0;
    const handler: Handler = (_request, response) => {
      requests += 1;
      response.writeHead(requests === 1 ? 401 : 200, { 'content-type': 'application/json' });
      response.end('{"version":"1"}');
    };
    const alcove = await serve(handler, () => Promise.resolve(true));
    await expect(alcove.capabilities()).resolves.toEqual({ version: '1' });
    expect(requests).toBe(2);
  });

  test('waiting for a document falls back to asking when its event stream is cut', async () => {
    const states = ['extracting', 'ready'];
    const alcove = await serve((request, response) => {
      if (request.url?.endsWith('/events')) {
        openStream(response);
        response.write(
          `id: 1\nevent: document\ndata: ${JSON.stringify({ id: 'd', status: 'queued', replacement: null })}\n\n`,
        );
        setTimeout(() => response.destroy(), 20);
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'd', status: states.shift(), replacement: null }));
    });
    const seen: string[] = [];
    const document = await alcove.documents.wait('d', { onProgress: (state) => seen.push(state.status) });
    expect(document.status).toBe('ready');
    expect(seen).toEqual(['queued', 'extracting', 'ready']);
  });

  test('waiting for a document goes on when the server is away for a moment', async () => {
    const answers = [502, 503, 200];
    const alcove = await serve((_request, response) => {
      const status = answers.shift() ?? 200;
      response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'text/html' });
      response.end(JSON.stringify({ id: 'd', status: 'ready', replacement: null }));
    });
    expect((await alcove.documents.wait('d')).status).toBe('ready');
    expect(answers).toEqual([]);
  });

  test('waiting for a document that is refused ends at once', async () => {
    let asked = 0;
    const alcove = await serve((_request, response) => {
      asked += 1;
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ code: 'not_found', error: 'Gone.', status: 404 }));
    });
    await expect(alcove.documents.wait('d')).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toBe(1);
  });
});
