import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { quoteFirstSource } from './provider-answer.ts';
import { behave, type Behaviour, type ReceivedPrompt } from './provider-behaviours.ts';
import { type Dialect, dialects } from './provider-dialects.ts';
import { answerEmbeddings } from './provider-embedding-routes.ts';
import { perform } from './provider-perform.ts';
import { answerRerank } from './provider-rerank.ts';

export { behave } from './provider-behaviours.ts';

/** A request as the provider received it. */
export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
  /** Set for chat requests. */
  prompt?: ReceivedPrompt;
  /** Resolves when the exchange is over: `finished`, or `aborted` when the client left before its end. */
  ended: Promise<'finished' | 'aborted'>;
}

/** A model provider on a loopback port: OpenAI's, Anthropic's and Google's API, and Ollama's list of models. */
export interface Provider {
  /** For `LLM_BASE_URL`, `EMBEDDING_BASE_URL`, `OPENAI_BASE_URL` and `ANTHROPIC_BASE_URL`. */
  baseUrl: string;
  /** For `OLLAMA_HOST`; with `/v1beta` for Google. */
  origin: string;
  /** Every request so far, of any kind. */
  requests: ReceivedRequest[];
  /** The chat requests among them. */
  chats: ReceivedRequest[];
  /** Resolves with the n-th chat request (counted from 1) once it is there. */
  chat(n: number): Promise<ReceivedRequest>;
  /** What happens to the next chat requests, one behaviour each; then the default again. */
  script(...behaviours: Behaviour[]): void;
  /** The same for requests of embeddings; null answers one as usual. */
  scriptEmbeddings(...behaviours: (Behaviour | null)[]): void;
  /** The same for requests to rerank. */
  scriptRerank(...behaviours: (Behaviour | null)[]): void;
  /** The default quotes the first source of the prompt. */
  setDefault(behaviour: Behaviour): void;
  /** Forgets the requests, the scripts and the default. */
  reset(): void;
  close(): Promise<void>;
}

export interface ProviderOptions {
  chatModel?: string;
  embeddingModel?: string;
  dimensions?: number;
  /** Requests without this key are refused with 401. */
  apiKey?: string;
  synonyms?: string[][];
  /** The form of `/rerank`; the default is the one that most servers share. */
  rerank?: 'common' | 'text-embeddings-inference';
  port?: number;
}

export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const requests: ReceivedRequest[] = [];
  const chats: ReceivedRequest[] = [];
  const waiting = new Map<number, (request: ReceivedRequest) => void>();
  const queues = {
    chat: [] as Behaviour[],
    embeddings: [] as (Behaviour | null)[],
    rerank: [] as (Behaviour | null)[],
  };
  let fallback = behave.answer(quoteFirstSource);

  const server = createServer((incoming, response) => {
    // Most often a client that left, which is what several tests are about.
    handle(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse) {
    const request = await receive(incoming, response);
    requests.push(request);
    if (options.apiKey && !JSON.stringify(request.headers).includes(options.apiKey)) {
      return perform(behave.unauthorized(), response);
    }
    const dialect = dialects.find(({ chatPath }) => chatPath.test(request.path));
    if (!dialect) return answerOther(request, response);
    request.prompt = dialect.readPrompt(request.body, request.path);
    chats.push(request);
    waiting.get(chats.length)?.(request);
    const behaviour = queues.chat.shift() ?? fallback;
    return perform(behaviour, response, {
      dialect,
      prompt: request.prompt,
      isStream: isStream(dialect, request.body),
    });
  }

  function answerOther(request: ReceivedRequest, response: ServerResponse) {
    const queue = /embed/i.test(request.path)
      ? queues.embeddings
      : request.path.endsWith('/rerank')
        ? queues.rerank
        : [];
    const behaviour = queue.shift();
    if (behaviour) return perform(behaviour, response);
    const reranked = answerRerank(request.path, request.body, options.rerank);
    if (reranked) return perform(reranked, response);
    const body = answerEmbeddings(request.path, request.body, options) ?? answerLists(request.path, options);
    return perform(
      behave.status(body ? 200 : 404, body ?? { error: { message: 'no such route' } }),
      response,
    );
  }

  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    baseUrl: `${origin}/v1`,
    requests,
    chats,
    chat: async (n) =>
      chats[n - 1] ?? (await new Promise<ReceivedRequest>((resolve) => waiting.set(n, resolve))),
    script: (...behaviours) => void queues.chat.push(...behaviours),
    scriptEmbeddings: (...behaviours) => void queues.embeddings.push(...behaviours),
    scriptRerank: (...behaviours) => void queues.rerank.push(...behaviours),
    setDefault: (behaviour) => void (fallback = behaviour),
    reset() {
      for (const list of [requests, chats, queues.chat, queues.embeddings, queues.rerank]) list.length = 0;
      waiting.clear();
      fallback = behave.answer(quoteFirstSource);
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<ReceivedRequest> {
  const ended = once(response, 'close').then(() =>
    response.writableFinished ? ('finished' as const) : ('aborted' as const),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const { pathname } = new URL(incoming.url ?? '/', 'http://localhost');
  const body = text ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { method: incoming.method ?? '', path: pathname, headers: incoming.headers, body, ended };
}

/** OpenAI's and Ollama's lists of models. */
function answerLists(path: string, options: ProviderOptions): unknown {
  const names = [options.chatModel ?? 'test-chat', options.embeddingModel ?? 'test-embedding'];
  if (path === '/v1/models') return { object: 'list', data: names.map((id) => ({ id, object: 'model' })) };
  if (path !== '/api/tags') return undefined;
  return {
    models: names.map((name) => ({
      name: `${name}:latest`,
      modified_at: '2026-01-01T00:00:00Z',
      details: { family: 'test' },
    })),
  };
}

function isStream(dialect: Dialect, body: Record<string, unknown>): boolean {
  return dialect.name === 'google' || body.stream === true;
}
